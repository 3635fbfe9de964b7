using Granary.Core.Users.Erasure;
using Granary.Providers.Chain;
using Granary.Providers.Connections;

namespace Granary.Providers;

/// <summary>
/// Erases what memory providers keep of an erased user; Granary's own memory is erased by itself. A provider that cannot be reached keeps the erasure
/// from being over: it is asked again until it answers or is removed.
/// </summary>
internal sealed class ProviderEraser(ProviderRegistry registry, FailoverManager failover, PendingDeletes pending) : IUserDataEraser
{
    public string Kind => "provider_memories";

    public async Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken)
    {
        await registry.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var others = registry.Members.Where(member => member.Entry.ProviderType != ProviderTypes.Native).ToList();
        var attempts = await Task.WhenAll(others.Select(member => failover.TryAsync(
            MemoryOperation.Erase, member, int.MaxValue, (asked, token) => asked.State.Provider!.EraseAsync(user, token), cancellationToken))).ConfigureAwait(false);
        var failed = others.Select((member, i) => (member.Name, attempts[i].Succeeded, Reason: attempts[i].PlainReason)).Where(one => !one.Succeeded).ToList();
        if (failed.Count > 0)
        {
            throw new UnavailableException(
                ErrorCodes.ProviderUnavailable,
                $"Not all memory providers could erase: {string.Join("; ", failed.Select(one => $"'{one.Name}' {one.Reason}"))}.",
                PendingDeletes.RetryInterval);
        }

        await pending.ForgetAsync(user, cancellationToken).ConfigureAwait(false);
        return attempts.Sum(attempt => attempt.Result);
    }
}
