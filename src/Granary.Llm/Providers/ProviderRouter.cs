namespace Granary.Llm.Providers;

/// <summary>Finds the providers for a model's name.</summary>
internal sealed class ProviderRouter : IProviderRouter
{
    private readonly (ProviderSetup Setup, IChatProvider Provider)[] _all;
    private readonly IModelCatalogue _catalogue;

    /// <param name="setups">The providers' settings.</param>
    /// <param name="make">Makes a provider.</param>
    /// <param name="catalogue">Knows what no name tells.</param>
    public ProviderRouter(IEnumerable<ProviderSetup> setups, Func<ProviderSetup, IChatProvider> make, IModelCatalogue catalogue)
    {
        _all = [.. setups.Select(setup => (setup, make(setup)))];
        _catalogue = catalogue;
        Providers = [.. _all.Select(item => item.Provider)];
    }

    public IReadOnlyList<IChatProvider> Providers { get; }

    public IReadOnlyList<ProviderRoute> Route(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var info = _catalogue.Find(model);
        var found = Ranked(model);
        if (found.Exists(static item => item.Rank == 0))
        {
            return Routes(found, model, info);
        }

        // A provider may list names that look like provider/model; otherwise what stands before the slash is a provider's name.
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && slash < model.Length - 1 && Named(model.AsSpan(0, slash)) is { } named)
        {
            return [new ProviderRoute(named, model[(slash + 1)..], info)];
        }

        if (found.Count > 0)
        {
            return Routes(found, model, info);
        }

        // What the catalogue says of a part of the name ("unknown/claude-…") says nothing of who has the whole.
        return info.Provider is { } known && model.StartsWith(info.Name, StringComparison.OrdinalIgnoreCase) && Named(known) is { } provider
            ? [new ProviderRoute(provider, model, info)]
            : throw new ProviderException(
                "none",
                $"No provider has the model '{model}'. Name it as provider/model, or list it in Granary:Providers:NAME:Models; there are: {string.Join(", ", _all.Select(item => item.Setup.Name))}.",
                404);
    }

    private List<(int Rank, ProviderSetup Setup, IChatProvider Provider)> Ranked(string model)
    {
        var found = new List<(int Rank, ProviderSetup Setup, IChatProvider Provider)>();
        foreach (var (setup, provider) in _all)
        {
            if (model.Length > 0 && ModelConventions.Rank(setup.Options, setup.Kind, model) is { } rank)
            {
                found.Add((rank, setup, provider));
            }
        }

        // One that nobody configured is no fallback for one that somebody did: it has no key.
        if (found.Exists(item => !item.Setup.IsImplied))
        {
            found.RemoveAll(item => item.Setup.IsImplied);
        }

        found.Sort(static (a, b) =>
            (a.Setup.Options.FallbackOrder, a.Rank, a.Setup.Kind, a.Setup.Name).CompareTo((b.Setup.Options.FallbackOrder, b.Rank, b.Setup.Kind, b.Setup.Name)));
        return found;
    }

    private static ProviderRoute[] Routes(List<(int Rank, ProviderSetup Setup, IChatProvider Provider)> found, string model, ModelInfo info) =>
        [.. found.Select(item => new ProviderRoute(item.Provider, model, info))];

    private IChatProvider? Named(ReadOnlySpan<char> name)
    {
        foreach (var (setup, provider) in _all)
        {
            if (name.Equals(setup.Name, StringComparison.OrdinalIgnoreCase))
            {
                return provider;
            }
        }

        return null;
    }
}
