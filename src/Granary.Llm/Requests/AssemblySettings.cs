using Granary.Llm.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Granary.Llm.Requests;

/// <summary>Reads <c>Granary:Assembly</c>.</summary>
internal static class AssemblySettings
{
    private const string Section = "Granary:Assembly";

    /// <exception cref="OptionsValidationException">Settings are wrong; each is named with the fix.</exception>
    public static AssemblyOptions Read(IConfiguration configuration)
    {
        var options = new AssemblyOptions();
        List<string> failures = [.. StrictSection.Bind(configuration.GetSection(Section), options), .. options.Validate(Section)];
        return failures.Count == 0 ? options : throw new OptionsValidationException(Section, typeof(AssemblyOptions), failures);
    }
}
