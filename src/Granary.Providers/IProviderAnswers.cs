namespace Granary.Providers;

/// <summary>The calls of a memory provider, each answered with where the answer comes from.</summary>
internal interface IProviderAnswers
{
    /// <summary>The provider's name.</summary>
    string Name { get; }

    Task<ProviderAnswer<ProviderMemory>> RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken);

    Task<ProviderAnswer<IReadOnlyList<ProviderMemory>>> RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken);

    Task<ProviderAnswer<ProviderMemory>> GetAsync(UserKey user, string id, CancellationToken cancellationToken);

    Task<ProviderAnswer<bool>> DeleteAsync(UserKey user, string id, CancellationToken cancellationToken);

    Task<ProviderAnswer<ProviderPage>> ListAsync(UserKey user, int limit, int offset, CancellationToken cancellationToken);

    Task<ProviderHealth> CheckHealthAsync(UserKey? user, CancellationToken cancellationToken);
}
