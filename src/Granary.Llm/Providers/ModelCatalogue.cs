namespace Granary.Llm.Providers;

/// <summary>The built-in models and those of the settings.</summary>
internal sealed class ModelCatalogue : IModelCatalogue
{
    private readonly ModelInfo[] _longestFirst;

    /// <param name="settings">What the settings say of models.</param>
    /// <param name="providers">The providers whose models can be named.</param>
    public ModelCatalogue(IEnumerable<ModelSettings> settings, IReadOnlyList<ProviderSetup> providers)
    {
        var models = KnownModels.All.ToDictionary(model => model.Name, StringComparer.OrdinalIgnoreCase);

        // Shorter names first, so that a longer one builds on them.
        foreach (var item in settings.OrderBy(item => item.Name!.Length))
        {
            models[item.Name!] = item.Over(Longest(Sorted(models.Values), item.Name!) ?? new ModelInfo { Name = item.Name! });
        }

        _longestFirst = Sorted(models.Values);
        Models = [.. Nameable(models.Values, providers)];
    }

    public IReadOnlyList<ModelInfo> Models { get; }

    public ModelInfo Find(string model)
    {
        ArgumentNullException.ThrowIfNull(model);

        // The name itself may have slashes; what stands before one may also be a provider, its folder, or the mark of a tuned model.
        for (var start = 0; start >= 0 && start < model.Length;)
        {
            if (Longest(_longestFirst, model.AsSpan(start)) is { } found)
            {
                return found;
            }

            var next = model.AsSpan(start).IndexOfAny('/', ':');
            start = next < 0 ? -1 : start + next + 1;
        }

        return new ModelInfo { Name = model[(model.IndexOf('/', StringComparison.Ordinal) + 1)..] };
    }

    private static ModelInfo? Longest(ModelInfo[] longestFirst, ReadOnlySpan<char> name)
    {
        foreach (var model in longestFirst)
        {
            if (name.StartsWith(model.Name, StringComparison.OrdinalIgnoreCase))
            {
                return model;
            }
        }

        return null;
    }

    private static ModelInfo[] Sorted(IEnumerable<ModelInfo> models) =>
        [.. models.OrderByDescending(model => model.Name.Length).ThenBy(model => model.Name, StringComparer.Ordinal)];

    /// <summary>The models of the providers there are, and what these list by name or deploy.</summary>
    private IEnumerable<ModelInfo> Nameable(IEnumerable<ModelInfo> models, IReadOnlyList<ProviderSetup> providers)
    {
        var found = new Dictionary<string, ModelInfo>(StringComparer.OrdinalIgnoreCase);
        foreach (var provider in providers)
        {
            var listed = provider.Options.Models.Where(name => !name.EndsWith('*')).Concat(provider.Options.Deployments.Keys);
            foreach (var name in listed.Concat(provider.Options.Deployment is { } deployment ? [deployment] : []))
            {
                found.TryAdd(name, Find(name) with { Name = name, Provider = provider.Name });
            }
        }

        foreach (var model in models)
        {
            var provider = providers.FirstOrDefault(provider => ModelConventions.Rank(provider.Options, provider.Kind, model.Name) is not null)
                ?? providers.FirstOrDefault(provider => provider.Name == model.Provider && provider.Options.Models.Count == 0);
            if (provider is not null)
            {
                found.TryAdd(model.Name, model with { Provider = provider.Name });
            }
        }

        return found.Values.OrderBy(model => model.Name, StringComparer.Ordinal);
    }
}
