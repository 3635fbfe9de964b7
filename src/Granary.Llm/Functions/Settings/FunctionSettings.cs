using Granary.Llm.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Granary.Llm.Functions.Settings;

/// <summary>The function sources of the settings, checked.</summary>
/// <param name="Mcp">The MCP servers by name.</param>
/// <param name="OpenApi">The HTTP APIs by name.</param>
internal sealed record FunctionSettings(IReadOnlyList<(string Name, McpSettings Settings)> Mcp, IReadOnlyList<(string Name, OpenApiSettings Settings)> OpenApi)
{
    private const string Section = "Granary:Functions";

    /// <summary>Names begin those of functions, which have 64 characters in all.</summary>
    private const int MaxName = 32;

    /// <summary>Reads <c>Granary:Functions</c>. Nothing is started or connected.</summary>
    /// <exception cref="OptionsValidationException">Settings are wrong; each is named with the fix.</exception>
    public static FunctionSettings Read(IConfiguration configuration)
    {
        var failures = new List<string>();
        foreach (var child in configuration.GetSection(Section).GetChildren().Where(static child => !child.Key.Equals("Mcp", StringComparison.OrdinalIgnoreCase) && !child.Key.Equals("OpenApi", StringComparison.OrdinalIgnoreCase)))
        {
            failures.Add($"{child.Path} is not a setting. There are: Mcp, OpenApi.");
        }

        var mcp = Read<McpSettings>(configuration, "Mcp", static settings => settings.Enabled, static (settings, path) => settings.Validate(path), failures);
        var openApi = Read<OpenApiSettings>(configuration, "OpenApi", static settings => settings.Enabled, static (settings, path) => settings.Validate(path), failures);
        failures.AddRange(openApi.Where(one => mcp.Any(other => other.Name == one.Name))
            .Select(static one => $"{Section}:OpenApi:{one.Name} and {Section}:Mcp:{one.Name} have one name; rename one of the sections, for it begins the names of the functions."));
        return failures.Count == 0 ? new FunctionSettings(mcp, openApi) : throw new OptionsValidationException(Section, typeof(FunctionSettings), failures);
    }

    private static List<(string Name, T Settings)> Read<T>(
        IConfiguration configuration, string kind, Func<T, bool> isEnabled, Func<T, string, IEnumerable<string>> validate, List<string> failures)
        where T : new()
    {
        var found = new List<(string, T)>();
        foreach (var section in configuration.GetSection($"{Section}:{kind}").GetChildren())
        {
            // Variables of the environment are often written in capitals.
            var name = section.Key.ToLowerInvariant();
            if (!FunctionNames.IsValid(name) || name.Length > MaxName)
            {
                failures.Add($"{section.Path}: the name must be 1 to {MaxName} letters, digits, '-' and '_', beginning with a letter or '_'; rename the section.");
                continue;
            }

            var settings = new T();
            failures.AddRange(StrictSection.Bind(section, settings));
            if (isEnabled(settings))
            {
                failures.AddRange(validate(settings, section.Path));
                found.Add((name, settings));
            }
        }

        return found;
    }
}
