namespace Granary.Llm.Providers;

/// <summary>Finds the providers for a model's name.</summary>
internal sealed class ProviderRouter : IProviderRouter, IDisposable
{
    private readonly (ProviderSetup Setup, IChatProvider Provider)[] _all;
    private readonly ProviderSetup[] _setups;
    private readonly IModelCatalogue _catalogue;

    /// <param name="setups">The providers' settings.</param>
    /// <param name="make">Makes a provider.</param>
    /// <param name="catalogue">Knows what no name tells.</param>
    public ProviderRouter(IEnumerable<ProviderSetup> setups, Func<ProviderSetup, IChatProvider> make, IModelCatalogue catalogue)
    {
        _all = [.. setups.Select(setup => (setup, make(setup)))];
        _setups = [.. _all.Select(item => item.Setup)];
        _catalogue = catalogue;
        Providers = [.. _all.Select(item => item.Provider)];
    }

    public IReadOnlyList<IChatProvider> Providers { get; }

    public IReadOnlyList<ProviderRoute> Route(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var info = _catalogue.Find(model);
        var (found, name) = Find(model, info, _setups);
        return found.Count > 0
            ? [.. found.Select(setup => new ProviderRoute(Array.Find(_all, item => ReferenceEquals(item.Setup, setup)).Provider, name, info))]
            : throw new ProviderException("none", Missing(model, _setups), 404);
    }

    public void Dispose()
    {
        foreach (var (_, provider) in _all)
        {
            (provider as IDisposable)?.Dispose();
        }
    }

    /// <summary>The settings of the providers that a model's calls go to, in their order.</summary>
    public static IReadOnlyList<ProviderSetup> SetupsOf(string model, IModelCatalogue catalogue, IReadOnlyList<ProviderSetup> setups) =>
        Find(model, catalogue.Find(model), setups).Found;

    /// <summary>Why the engine itself cannot use a model, or null if it can.</summary>
    public static string? Problem(string model, IModelCatalogue catalogue, IReadOnlyList<ProviderSetup> setups)
    {
        var (found, _) = Find(model, catalogue.Find(model), setups);
        return found.Count == 0 ? Missing(model, setups)
            : found.TrueForAll(setup => setup.IsImplied) ? $"The provider '{found[0].Name}' of the model '{model}' is not configured; set its key (Granary:Providers:{found[0].Name}:Key)."
            : null;
    }

    private static string Missing(string model, IEnumerable<ProviderSetup> setups) =>
        $"No provider has the model '{model}'. Name it as provider/model, or list it in Granary:Providers:NAME:Models; there are: {string.Join(", ", setups.Select(setup => setup.Name))}.";

    private static (List<ProviderSetup> Found, string Model) Find(string model, ModelInfo info, IReadOnlyList<ProviderSetup> setups)
    {
        var (found, isListed) = Ranked(model, setups);
        if (isListed)
        {
            return (found, model);
        }

        // A provider may list names that look like provider/model; otherwise what stands before the slash is a provider's name. One that nobody
        // configured is always there: its name must not take a model, and the caller's key, from a server that somebody listed models of.
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && slash < model.Length - 1 && Named(model[..slash], setups) is { } named
            && !(named.IsImplied && found.Exists(setup => !setup.IsImplied)))
        {
            return ([named], model[(slash + 1)..]);
        }

        if (found.Count > 0)
        {
            return (found, model);
        }

        // What the catalogue says of a part of the name ("unknown/claude-…") says nothing of who has the whole.
        return info.Provider is { } known && model.StartsWith(info.Name, StringComparison.OrdinalIgnoreCase) && Named(known, setups) is { } provider
            ? ([provider], model)
            : ([], model);
    }

    private static (List<ProviderSetup> Found, bool IsListed) Ranked(string model, IReadOnlyList<ProviderSetup> setups)
    {
        var found = new List<(int Rank, ProviderSetup Setup)>();
        foreach (var setup in setups)
        {
            if (model.Length > 0 && ModelConventions.Rank(setup.Options, setup.Kind, model) is { } rank)
            {
                found.Add((rank, setup));
            }
        }

        // One that nobody configured is no fallback for one that somebody did: it has no key.
        if (found.Exists(item => !item.Setup.IsImplied))
        {
            found.RemoveAll(item => item.Setup.IsImplied);
        }

        found.Sort(static (a, b) =>
            (a.Setup.Options.FallbackOrder, a.Rank, a.Setup.Kind, a.Setup.Name).CompareTo((b.Setup.Options.FallbackOrder, b.Rank, b.Setup.Kind, b.Setup.Name)));
        return ([.. found.Select(item => item.Setup)], found.Exists(item => item.Rank == 0 || ModelConventions.ListsFolder(item.Setup.Options, model)));
    }

    private static ProviderSetup? Named(string name, IEnumerable<ProviderSetup> setups) =>
        setups.FirstOrDefault(setup => string.Equals(setup.Name, name, StringComparison.OrdinalIgnoreCase));
}
