using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Granary.Llm.Providers;

/// <summary>Reads the providers from <c>Granary:Providers</c> and the usual variables.</summary>
internal static class ProviderSettings
{
    /// <summary>The section of the providers.</summary>
    public const string Section = "Granary:Providers";

    /// <summary>The variables that each provider's own clients know; sections are stronger.</summary>
    private static readonly (string Name, ProviderKind Kind, string Key, string BaseUrl)[] Usual =
    [
        ("openai", ProviderKind.OpenAI, "OPENAI_API_KEY", "OPENAI_BASE_URL"),
        ("anthropic", ProviderKind.Anthropic, "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        ("gemini", ProviderKind.Gemini, "GEMINI_API_KEY", "GEMINI_BASE_URL"),
        ("azure", ProviderKind.Azure, "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"),
    ];

    /// <summary>Reads and checks all providers, by name. OpenAI, Anthropic and Gemini are always there, for callers that bring their own key.</summary>
    /// <exception cref="OptionsValidationException">Settings are wrong; each is named with the fix.</exception>
    public static IReadOnlyList<ProviderSetup> Read(IConfiguration configuration)
    {
        var found = new SortedDictionary<string, ProviderOptions>(StringComparer.Ordinal);
        var implied = new HashSet<string>(StringComparer.Ordinal);
        var failures = new List<string>();
        foreach (var section in configuration.GetSection(Section).GetChildren())
        {
            var name = section.Key.ToLowerInvariant();
            if (!IsName(name))
            {
                failures.Add($"{section.Path}: a provider's name has 1 to 64 letters, digits, '-', '_' and '.'; rename the section.");
                continue;
            }

            var options = new ProviderOptions { Kind = KindOf(name) };
            failures.AddRange(StrictSection.Bind(section, options));
            (options.Key, options.BaseUrl, options.Deployment) = (Text(options.Key), Text(options.BaseUrl), Text(options.Deployment));
            found[name] = options;
        }

        foreach (var (name, kind, keyName, baseName) in Usual)
        {
            var (key, address) = (Text(configuration[keyName]), Text(configuration[baseName]));
            var deployment = kind == ProviderKind.Azure ? Text(configuration["AZURE_OPENAI_DEPLOYMENT"]) : null;
            if (!found.TryGetValue(name, out var options))
            {
                if (key is null && address is null && deployment is null)
                {
                    if (kind == ProviderKind.Azure)
                    {
                        continue;
                    }

                    implied.Add(name);
                }

                found[name] = options = new ProviderOptions { Kind = kind };
            }

            // A section that makes something else of the name does not get the key that was meant for this provider.
            if (options.Kind == kind)
            {
                options.Key ??= key;
                options.BaseUrl ??= address;
                options.Deployment ??= deployment;
            }
        }

        // One that is switched off may be half configured.
        foreach (var (name, options) in found.Where(item => item.Value.Enabled))
        {
            failures.AddRange(options.Validate($"{Section}:{name}"));
        }

        return failures.Count == 0
            ? [.. found.Where(item => item.Value.Enabled).Select(item => new ProviderSetup(item.Key, item.Value, implied.Contains(item.Key)))]
            : throw new OptionsValidationException(Section, typeof(ProviderOptions), failures);
    }

    private static ProviderKind? KindOf(string name) =>
        Enum.TryParse<ProviderKind>(name, ignoreCase: true, out var kind) && char.IsLetter(name[0]) ? kind : null;

    // An empty variable is what scripts leave behind when they have nothing to say.
    private static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
