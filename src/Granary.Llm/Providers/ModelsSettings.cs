using Granary.Llm.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Granary.Llm.Providers;

/// <summary>Reads <c>Granary:Models</c>.</summary>
internal static class ModelsSettings
{
    private const string Section = "Granary:Models";

    /// <summary>Texts that Gemini embeds in one call (https://ai.google.dev/api/embeddings).</summary>
    private const int GeminiBatchTexts = 100;

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
        options.Reflector = Text(options.Reflector) ?? options.Summarizer;
        options.Embedder = Text(options.Embedder);
        failures.AddRange(options.Validate(Section));
        if (failures.Count == 0)
        {
            failures.AddRange(CheckUses(options, new ModelCatalogue(options.Catalogue, providers), providers));
            failures.AddRange(CheckProviders(options, configuration, providers));
        }

        return failures.Count == 0 ? options : throw new OptionsValidationException(Section, typeof(ModelsOptions), failures);
    }

    /// <summary>A model for the engine's own use that nobody provides, or nobody pays for, is known at the start and not at the first compaction.</summary>
    private static IEnumerable<string> CheckUses(ModelsOptions options, ModelCatalogue catalogue, IReadOnlyList<ProviderSetup> providers)
    {
        foreach (var (name, model) in new[]
        {
            (nameof(options.Summarizer), options.Summarizer),
            (nameof(options.Reflector), options.Reflector == options.Summarizer ? null : options.Reflector),
            (nameof(options.Embedder), options.Embedder),
        })
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

        foreach (var (name, model) in new[] { (nameof(options.Summarizer), options.Summarizer), (nameof(options.Reflector), options.Reflector) }.DistinctBy(use => use.Item2))
        {
            if (model is not null && catalogue.Find(model).Capabilities is var can && can.HasFlag(ModelCapabilities.Embeddings) && !can.HasFlag(ModelCapabilities.Chat))
            {
                yield return $"{Section}:{name}: '{model}' makes vectors and no texts; name a model of chats.";
            }
        }

        foreach (var provider in options.Embedder is null ? [] : ProviderRouter.SetupsOf(options.Embedder, catalogue, providers))
        {
            if (provider.Kind == ProviderKind.Anthropic)
            {
                yield return $"{Section}:Embedder: the provider '{provider.Name}' makes no vectors; name a model of another one.";
            }

            if (provider.Kind == ProviderKind.Gemini && options.EmbedderBatchTexts > GeminiBatchTexts)
            {
                yield return $"{Section}:EmbedderBatchTexts must be {GeminiBatchTexts} or less: the provider '{provider.Name}' takes no more at once.";
            }
        }
    }

    /// <summary>A catalogue that names a provider nobody knows makes a model that nobody reaches. One that is switched off is known.</summary>
    private static IEnumerable<string> CheckProviders(ModelsOptions options, IConfiguration configuration, IReadOnlyList<ProviderSetup> providers)
    {
        var known = providers.Select(provider => provider.Name)
            .Concat(configuration.GetSection(ProviderSettings.Section).GetChildren().Select(section => section.Key.ToLowerInvariant()))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        for (var index = 0; index < options.Catalogue.Count; index++)
        {
            if (options.Catalogue[index].Provider is { } name && !known.Contains(name))
            {
                yield return $"{Section}:Catalogue:{index}:Provider: there is no provider '{name}'; there are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.";
            }
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
