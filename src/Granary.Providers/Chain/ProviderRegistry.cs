using Granary.Core.Storage;
using Granary.Providers.Connections;
using Microsoft.Extensions.Logging;

namespace Granary.Providers.Chain;

/// <summary>
/// The providers of a chain: those of the settings, and those that were registered at run time, which are kept in the store and so are the same for all
/// processes over it. Thread-safe.
/// </summary>
internal sealed partial class ProviderRegistry
{
    /// <summary>The partition that holds it.</summary>
    public const string Partition = "providers/registry";

    /// <summary>Providers at the most.</summary>
    public const int MaxProviders = 100;

    private const string Prefix = "p:";

    private readonly IReadOnlyList<ProviderEntry> _configured;
    private readonly MemoryConnections _connections;
    private readonly IPartitionStore _store;
    private readonly HealthMonitor _monitor;
    private readonly Func<CircuitBreaker> _breaker;
    private readonly ILogger<ProviderRegistry> _logger;
    private readonly Lock _gate = new();
    private long _lastTicket;
    private long _applied;
    private volatile bool _loaded;
    private volatile IReadOnlyList<ChainMember> _members;

    /// <param name="configured">The providers of the settings.</param>
    /// <param name="fixedBy">What fixes the list, as in "the memory provider 'native'"; null for a chain, which can change.</param>
    /// <param name="connections">The connections of the settings.</param>
    /// <param name="store">The store.</param>
    /// <param name="monitor">Told which providers are gone.</param>
    /// <param name="breaker">Makes a breaker.</param>
    /// <param name="logger">The log.</param>
    public ProviderRegistry(
        IReadOnlyList<ProviderEntry> configured,
        string? fixedBy,
        MemoryConnections connections,
        IPartitionStore store,
        HealthMonitor monitor,
        Func<CircuitBreaker> breaker,
        ILogger<ProviderRegistry> logger)
    {
        _configured = configured;
        FixedBy = fixedBy;
        _connections = connections;
        _store = store;
        _monitor = monitor;
        _breaker = breaker;
        _logger = logger;
        _members = Merge([], []);
        _loaded = fixedBy is not null;
    }

    /// <summary>The providers, the lowest priority number first, as far as this process knows.</summary>
    public IReadOnlyList<ChainMember> Members => _members;

    /// <summary>The one provider that is all there is; null for a chain, which can change.</summary>
    public string? FixedBy { get; }

    /// <summary>A provider.</summary>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    public ChainMember Require(string name) => Find(_members, name) ?? throw new NotFoundException($"There is no memory provider '{name}'.");

    /// <summary>Reads what is stored, if that never succeeded yet.</summary>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public Task EnsureLoadedAsync(CancellationToken cancellationToken) => _loaded ? Task.CompletedTask : RefreshAsync(cancellationToken);

    /// <summary>Reads what is stored: afterwards <see cref="Members"/> holds all that was registered before the call.</summary>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (FixedBy is not null)
        {
            return;
        }

        var ticket = Interlocked.Increment(ref _lastTicket);
        var (_, documents) = await ReadAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            // Who began to read later knows better.
            if (ticket > _applied)
            {
                _applied = ticket;
                Apply(documents);
            }

            _loaded = true;
        }
    }

    /// <summary>Adds a provider.</summary>
    /// <exception cref="InvalidRequestException">The entry breaks a rule, or its connection does not exist or is used by another.</exception>
    /// <exception cref="ConflictException">The name is taken.</exception>
    public async Task<ChainMember> RegisterAsync(ProviderEntry entry, CancellationToken cancellationToken)
    {
        RequireChange("register providers");
        if (entry.Problem() is { } problem)
        {
            throw new InvalidRequestException(problem.Field, problem.Rule);
        }

        var connection = _connections.Find(entry.ConnectionName) ?? throw new InvalidRequestException(
            "connection_name", $"must be a connection of the settings: {string.Join(", ", _connections.Names)}");
        if (connection.Type != entry.ProviderType)
        {
            throw new InvalidRequestException("connection_name", $"names a connection of type {connection.Type}, not {entry.ProviderType}");
        }

        await ChangeAsync(
            stored =>
            {
                var members = Merge(_members, stored);
                if (Find(members, entry.Name) is not null)
                {
                    throw new ConflictException(ErrorCodes.AlreadyExists, $"There is a memory provider '{entry.Name}' already.");
                }

                if (members.FirstOrDefault(member => member.Entry.ConnectionName == entry.ConnectionName) is { } user)
                {
                    throw new InvalidRequestException("connection_name", $"is used by the memory provider '{user.Name}' already");
                }

                return members.Count < MaxProviders
                    ? DocumentWrite.Put(IdOf(entry.Name), new RegistryDocument { Name = entry.Name, Entry = entry }.Encode())
                    : throw new InvalidRequestException("name", $"cannot be added: there are {MaxProviders} memory providers already");
            },
            cancellationToken).ConfigureAwait(false);
        return Require(entry.Name);
    }

    /// <summary>Removes a provider that was registered at run time. What it keeps stays there and is out of reach.</summary>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    /// <exception cref="ConflictException">It stands in the settings.</exception>
    public Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        RequireChange("remove providers");
        return ChangeAsync(
            stored => RequireIn(stored, name).FromSettings
                ? throw new ConflictException(ErrorCodes.AlreadyExists, $"The memory provider '{name}' stands in the settings (Granary:Memory:Chain): remove it there, or disable it.")
                : DocumentWrite.Delete(IdOf(name)),
            cancellationToken);
    }

    /// <summary>Enables a provider, also one that was passed over, or disables it.</summary>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    public async Task<ChainMember> SwitchAsync(string name, bool enabled, CancellationToken cancellationToken)
    {
        RequireChange("enable or disable providers");
        await ChangeAsync(
            stored => Write(RequireIn(stored, name), stored, document => document with { Enabled = enabled, PassedOver = false }), cancellationToken).ConfigureAwait(false);
        return Require(name);
    }

    /// <summary>Passes over a provider until it is enabled again.</summary>
    /// <returns>The one that is asked in its place, by priority.</returns>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    /// <exception cref="UnavailableException">There is no other.</exception>
    public async Task<ChainMember> FailOverAsync(string name, CancellationToken cancellationToken)
    {
        RequireChange("fail over");
        var next = "";
        await ChangeAsync(
            stored =>
            {
                var member = RequireIn(stored, name);
                next = Merge(_members, stored).FirstOrDefault(other => other.Name != name && other.IsInUse)?.Name
                    ?? throw new UnavailableException(
                        ErrorCodes.ProviderUnavailable, $"There is no other memory provider to take the place of '{name}'.", TimeSpan.FromSeconds(30));
                return Write(member, stored, document => document with { PassedOver = true });
            },
            cancellationToken).ConfigureAwait(false);
        return Require(next);
    }

    private static ChainMember? Find(IReadOnlyList<ChainMember> members, string name) => members.FirstOrDefault(member => member.Name == name);

    private static string IdOf(string name) => Prefix + DocumentIds.Encode(name);

    private static DocumentWrite Write(ChainMember member, IReadOnlyList<RegistryDocument> stored, Func<RegistryDocument, RegistryDocument> change) => DocumentWrite.Put(
        IdOf(member.Name), change(stored.FirstOrDefault(document => document.Name == member.Name) ?? new RegistryDocument { Name = member.Name }).Encode());

    private ChainMember RequireIn(IReadOnlyList<RegistryDocument> stored, string name) =>
        Find(Merge(_members, stored), name) ?? throw new NotFoundException($"There is no memory provider '{name}'.");

    private void RequireChange(string what)
    {
        if (FixedBy is { } provider)
        {
            throw new ProviderLimitException(provider, $"{what}: set MEMORY_PROVIDER=chain for several providers");
        }
    }

    private async Task ChangeAsync(Func<IReadOnlyList<RegistryDocument>, DocumentWrite> decide, CancellationToken cancellationToken)
    {
        for (var round = 1; round <= StoreCalls.MaxRounds; round++)
        {
            var (version, stored) = await ReadAsync(cancellationToken).ConfigureAwait(false);
            var commit = new PartitionCommit { Partition = Partition, Expected = version, Writes = [decide(stored)], Recreate = true };
            var result = await StoreCalls.GuardAsync(() => _store.CommitAsync(commit, CancellationToken.None).AsTask()).ConfigureAwait(false);
            if (result.Status == CommitStatus.Committed)
            {
                await RefreshAsync(CancellationToken.None).ConfigureAwait(false);
                return;
            }
        }

        throw StoreCalls.Contended();
    }

    private async Task<(PartitionVersion Version, IReadOnlyList<RegistryDocument> Documents)> ReadAsync(CancellationToken cancellationToken)
    {
        // All of it fits one page: at most 100 entries of at most 5 KiB.
        var page = await StoreCalls.GuardAsync(() => _store.ReadAsync(Partition, DocumentRange.Prefix(Prefix), cancellationToken).AsTask()).ConfigureAwait(false);
        return (page.Version, [.. page.Documents.Select(document => RegistryDocument.Decode(document.Body.Span))]);
    }

    /// <summary>Takes over what is stored. Called under the gate.</summary>
    private void Apply(IReadOnlyList<RegistryDocument> stored)
    {
        var before = _members;
        _members = Merge(before, stored);
        foreach (var gone in before.Where(member => Find(_members, member.Name) is null))
        {
            _monitor.Forget(gone.Name);
            LogGone(_logger, gone.Name);
        }

        foreach (var come in _members.Where(member => Find(before, member.Name) is null))
        {
            LogCome(_logger, come.Name, come.Entry.ProviderType, come.Entry.ConnectionName);
        }
    }

    private IReadOnlyList<ChainMember> Merge(IReadOnlyList<ChainMember> before, IReadOnlyList<RegistryDocument> stored)
    {
        var byName = stored.ToDictionary(document => document.Name, StringComparer.Ordinal);
        var members = _configured.Select(entry => Make(entry, fromSettings: true, byName.GetValueOrDefault(entry.Name)))
            .Concat(stored
                .Where(document => document.Entry is not null && !_configured.Any(entry => entry.Name == document.Name))
                .Select(document => Make(document.Entry!, fromSettings: false, document)));
        return [.. members.OrderBy(member => member.Entry.Priority).ThenBy(member => member.Name, StringComparer.Ordinal)];

        ChainMember Make(ProviderEntry entry, bool fromSettings, RegistryDocument? document)
        {
            var known = Find(before, entry.Name);
            var state = known?.Entry.ConnectionName == entry.ConnectionName ? known.State : StateOf(entry);
            return new ChainMember(entry with { Enabled = document?.Enabled ?? entry.Enabled }, fromSettings, document?.PassedOver ?? false, state);
        }
    }

    private MemberState StateOf(ProviderEntry entry)
    {
        var connection = _connections.Find(entry.ConnectionName);
        return connection is not null && connection.Type == entry.ProviderType
            ? new MemberState(() => _connections.ProviderOf(connection.Name), connection.TakesIds, _breaker)
            : new MemberState(null, takesIds: false, _breaker);
    }

    [LoggerMessage(1, LogLevel.Information, "The memory provider {Name} ({Type}, connection {Connection}) is in the chain")]
    private static partial void LogCome(ILogger logger, string name, string type, string connection);

    [LoggerMessage(2, LogLevel.Information, "The memory provider {Name} is no longer in the chain")]
    private static partial void LogGone(ILogger logger, string name);
}
