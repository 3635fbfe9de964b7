using Granary.Llm.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Granary.Llm.Providers;

/// <summary>Reads <c>Granary:Models</c>.</summary>
internal static class ModelsSettings
{
    private const string Section = "Granary:Models";

    /// <summary>Reads and checks the settings of models.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="providers">The providers there are.</param>
    /// <exception cref="OptionsValidationException">Settings are wrong; each is named with the fix.</exception>
    public static ModelsOptions Read(IConfiguration configuration, IReadOnlyList<ProviderSetup> providers)
    {
        var options = new ModelsOptions();
        var section = configuration.GetSection(Section);
        List<string> failures = [.. StrictSection.Bind(section, options), .. Unknown(section.GetSection(nameof(ModelsOptions.Catalogue)))];
        options.Summarizer = Text(options.Summarizer);
        options.Embedder = Text(options.Embedder);
        failures.AddRange(options.Validate(Section));
        if (failures.Count == 0)
        {
            failures.AddRange(CheckUses(options, new ModelCatalogue(options.Catalogue, providers), providers));
        }

        return failures.Count == 0 ? options : throw new OptionsValidationException(Section, typeof(ModelsOptions), failures);
    }

    /// <summary>A model for the engine's own use that nobody provides, or nobody pays for, is known at the start and not at the first compaction.</summary>
    private static IEnumerable<string> CheckUses(ModelsOptions options, ModelCatalogue catalogue, IReadOnlyList<ProviderSetup> providers)
    {
        foreach (var (name, model) in new[] { (nameof(options.Summarizer), options.Summarizer), (nameof(options.Embedder), options.Embedder) })
        {
            if (model is not null && ProviderRouter.Problem(model, catalogue, providers) is { } problem)
            {
                yield return $"{Section}:{name}: {problem}";
            }
        }

        if (options is { Embedder: { } embedder, EmbedderDimensions: null } && catalogue.Find(embedder).Dimensions is null)
        {
            yield return ModelEmbedder.MissingDimensions(embedder);
        }
    }

    private static IEnumerable<string> Unknown(IConfigurationSection catalogue)
    {
        foreach (var model in catalogue.GetChildren())
        {
            foreach (var failure in StrictSection.Bind(model, new ModelSettings()))
            {
                yield return failure;
            }
        }
    }

    private static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
