using System.Runtime.ExceptionServices;
using Granary.Providers.Connections;

namespace Granary.Providers.Chain;

/// <summary>
/// Several providers as one. What is kept is kept with one of them, what is listed or recalled comes from one of them, by the operation's strategy; a
/// memory is looked for with all of them, and deleted with all of them, also those that are disabled.
/// </summary>
internal sealed class ChainMemoryProvider(
    ProviderRegistry registry, FailoverManager failover, PendingDeletes pending, ProviderChecks checks, TimeProvider time) : IMemoryProvider, IProviderAnswers
{
    private const int AsTheRuleSays = int.MaxValue;

    /// <summary>How often a memory is kept anew because one is answered that is to be deleted.</summary>
    private const int MaxRounds = 3;

    public string Name => ProviderTypes.Chain;

    public string Type => ProviderTypes.Chain;

    /// <summary>
    /// Keeps a memory with the first provider that can. It gets its id before the first try, so that a try whose answer was lost doubles nothing; a
    /// provider that takes no ids is tried once only.
    /// </summary>
    public async Task<ProviderAnswer<ProviderMemory>> RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, draft);
        var open = await BeginAsync(user, cancellationToken).ConfigureAwait(false);
        var order = failover.Order(MemoryOperation.Remember).Where(member => !open.HoldsAll(member.Name)).ToList();
        if (draft.Id is { } given && order.Count > 0)
        {
            order.RemoveAll(member => !member.State.TakesIds);
            if (order.Count == 0)
            {
                throw new InvalidRequestException("id", "cannot be kept by the memory providers in use");
            }

            // A delete of that id that is still to come would take the new one.
            order.RemoveAll(member => open.Holds(member.Name, given));
        }

        var named = draft with { Id = draft.Id ?? Ids.New(time) };
        return await failover.RunAsync(
            MemoryOperation.Remember,
            order,
            member => member.State.TakesIds ? AsTheRuleSays : 1,
            async (member, token) => Named(
                await KeepAsync(member, user, member.State.TakesIds ? named : named with { Id = null }, open, token).ConfigureAwait(false), member),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Recalls from the first provider that can apply the filter.</summary>
    /// <exception cref="InvalidRequestException">None can apply it.</exception>
    /// <exception cref="UnavailableException">Those that may be able to cannot be reached.</exception>
    public async Task<ProviderAnswer<IReadOnlyList<ProviderMemory>>> RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, query);
        var open = await BeginAsync(user, cancellationToken).ConfigureAwait(false);
        return await failover.RunAsync<IReadOnlyList<ProviderMemory>>(
            MemoryOperation.Recall,
            OrderBut(open, MemoryOperation.Recall),
            static _ => AsTheRuleSays,
            async (member, token) =>
            {
                var found = await member.State.Provider!.RecallAsync(user, query, token).ConfigureAwait(false);
                return [.. found.Where(memory => !open.Holds(member.Name, memory.Id)).Select(memory => Named(memory, member))];
            },
            cancellationToken,
            ProviderRules.IsCannotFilter).ConfigureAwait(false);
    }

    /// <summary>Looks for a memory with one provider after the other.</summary>
    /// <exception cref="NotFoundException">None has it.</exception>
    /// <exception cref="UnavailableException">None of those that answered has it, and not all answered.</exception>
    public async Task<ProviderAnswer<ProviderMemory>> GetAsync(UserKey user, string id, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, id);
        cancellationToken.ThrowIfCancellationRequested();

        // Another process may have registered the provider that has it a moment ago.
        await registry.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var order = failover.Order(MemoryOperation.Get);
        var open = await pending.ReadAsync(user, id, order.Select(member => member.Name), cancellationToken).ConfigureAwait(false);
        var began = time.GetTimestamp();
        var (tries, first) = (0, true);
        var failed = new List<(string Reason, ChainMember Member)>();
        foreach (var member in order.Where(member => !open.Holds(member.Name, id)))
        {
            try
            {
                var attempt = await failover.TryAsync(
                    MemoryOperation.Get, member, AsTheRuleSays, (asked, token) => asked.State.Provider!.GetAsync(user, id, token), cancellationToken).ConfigureAwait(false);
                tries += attempt.Tries;
                if (attempt.Succeeded)
                {
                    return new ProviderAnswer<ProviderMemory>(Named(attempt.Result!, member), failover.MetadataOf(member.Name, began, tries, !first));
                }

                failed.Add(($"'{member.Name}' {attempt.Reason}", member));
            }
            catch (MemoryException error) when (IsNotThere(error))
            {
                tries++;
            }

            first = false;
        }

        throw failed.Count == 0
            ? new NotFoundException($"There is no memory '{id}'.")
            : failover.None([.. failed.Select(one => one.Reason)], failed.Select(one => one.Member.State.BreakerOf(MemoryOperation.Get).OpenUntil));
    }

    /// <summary>Deletes a memory with all providers, also those that are not in use.</summary>
    /// <exception cref="UnavailableException">Not all could be reached: it is deleted with those that could, and the rest is noted and goes on by itself.</exception>
    public Task<ProviderAnswer<bool>> DeleteAsync(UserKey user, string id, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, id);
        return EverywhereAsync(
            user, id, MemoryOperation.Delete, DeleteAtAsync, static found => found.Any(there => there), cancellationToken);

        async Task<bool> DeleteAtAsync(IMemoryProvider provider, CancellationToken token)
        {
            try
            {
                return await provider.DeleteAsync(user, id, token).ConfigureAwait(false);
            }
            catch (MemoryException error) when (IsNotThere(error))
            {
                return false;
            }
        }
    }

    public async Task<ProviderAnswer<ProviderPage>> ListAsync(UserKey user, int limit = 100, int offset = 0, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, limit, offset);
        var open = await BeginAsync(user, cancellationToken).ConfigureAwait(false);
        return await failover.RunAsync(
            MemoryOperation.List,
            OrderBut(open, MemoryOperation.List),
            static _ => AsTheRuleSays,
            async (member, token) =>
            {
                var page = await member.State.Provider!.ListAsync(user, limit, offset, token).ConfigureAwait(false);
                var memories = page.Memories.Where(memory => !open.Holds(member.Name, memory.Id)).Select(memory => Named(memory, member)).ToList();
                return new ProviderPage(memories, page.Total - (page.Memories.Count - memories.Count)) { Covered = page.Covered };
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes all of a user with all providers, also those that are not in use.</summary>
    /// <exception cref="UnavailableException">Not all could be reached; see <see cref="DeleteAsync"/>.</exception>
    public async Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        user.Validated();
        var answer = await EverywhereAsync(
            user, null, MemoryOperation.Erase, (provider, token) => provider.EraseAsync(user, token), static counts => counts.Sum(), cancellationToken).ConfigureAwait(false);
        return answer.Result;
    }

    /// <summary>Well where at least one provider in use is.</summary>
    public async Task<ProviderHealth> CheckHealthAsync(UserKey? user = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var began = time.GetTimestamp();
        var inUse = registry.Members.Where(member => member.IsInUse).ToList();
        var asked = inUse.Select(member => checks.CheckAsync(member, cancellationToken)).ToList();
        var counted = user is { } key ? inUse.Select(member => checks.CountAsync(member, key, cancellationToken)).ToList() : [];
        var found = await Task.WhenAll(asked).ConfigureAwait(false);
        var counts = await Task.WhenAll(counted).ConfigureAwait(false);
        var healthy = found.Where(health => health.Healthy).ToList();
        return new ProviderHealth
        {
            Healthy = healthy.Count > 0,
            Provider = Name,
            ResponseTimeMs = Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 3),
            VectorsAvailable = healthy.Exists(health => health.VectorsAvailable == true),
            TotalMemories = Array.TrueForAll(counts, count => count is null) ? null : counts.Sum(),
            Error = healthy.Count > 0 ? null
                : found.Length == 0 ? "No memory provider is in use."
                : string.Join(" ", found.Select(health => $"{health.Provider}: {health.Error}")),
        };
    }

    async Task<ProviderMemory> IMemoryProvider.RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken) =>
        (await RememberAsync(user, draft, cancellationToken).ConfigureAwait(false)).Result;

    async Task<IReadOnlyList<ProviderMemory>> IMemoryProvider.RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken) =>
        (await RecallAsync(user, query, cancellationToken).ConfigureAwait(false)).Result;

    async Task<ProviderMemory> IMemoryProvider.GetAsync(UserKey user, string id, CancellationToken cancellationToken) =>
        (await GetAsync(user, id, cancellationToken).ConfigureAwait(false)).Result;

    async Task<bool> IMemoryProvider.DeleteAsync(UserKey user, string id, CancellationToken cancellationToken) =>
        (await DeleteAsync(user, id, cancellationToken).ConfigureAwait(false)).Result;

    async Task<ProviderPage> IMemoryProvider.ListAsync(UserKey user, int limit, int offset, CancellationToken cancellationToken) =>
        (await ListAsync(user, limit, offset, cancellationToken).ConfigureAwait(false)).Result;

    /// <summary>Whether a provider says that it has no such memory: also where it gives ids of another form, and takes this one for none.</summary>
    internal static bool IsNotThere(MemoryException error) => error is NotFoundException or InvalidRequestException { Field: "memory_id" };

    private static ProviderMemory Named(ProviderMemory memory, ChainMember member) => memory with { Provider = member.Name };

    /// <summary>
    /// Keeps a memory with one provider. A provider that finds it kept already may answer one that is still to be deleted there: what is acknowledged now
    /// would be gone later. So that is deleted first.
    /// </summary>
    private async Task<ProviderMemory> KeepAsync(ChainMember member, UserKey user, ProviderDraft draft, OpenDeletes open, CancellationToken cancellationToken)
    {
        var provider = member.State.Provider!;
        for (var round = 1; round <= MaxRounds; round++)
        {
            var kept = await provider.RememberAsync(user, draft, cancellationToken).ConfigureAwait(false);
            if (!open.Holds(member.Name, kept.Id))
            {
                return kept;
            }

            // It may be done with since, and the memory be a new one.
            open = await pending.ReadAsync(user, kept.Id, [member.Name], cancellationToken).ConfigureAwait(false);
            if (open.Any)
            {
                await provider.DeleteAsync(user, kept.Id, cancellationToken).ConfigureAwait(false);
            }
        }

        throw new UnavailableException(
            ErrorCodes.ProviderUnavailable, "It answers a memory that is still to be deleted.", PendingDeletes.RetryInterval);
    }

    private async Task<OpenDeletes> BeginAsync(UserKey user, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await registry.EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
        return await pending.ReadAsync(user, cancellationToken).ConfigureAwait(false);
    }

    private List<ChainMember> OrderBut(OpenDeletes open, MemoryOperation operation) =>
        [.. failover.Order(operation).Where(member => !open.HoldsAll(member.Name))];

    private async Task<ProviderAnswer<T>> EverywhereAsync<T>(
        UserKey user,
        string? id,
        MemoryOperation operation,
        Func<IMemoryProvider, CancellationToken, Task<T>> call,
        Func<IReadOnlyList<T>, T> together,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var began = time.GetTimestamp();

        // Another process may have registered a provider and kept something there.
        await registry.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var members = registry.Members;
        var outcomes = await Task.WhenAll(members.Select(AskAsync)).ConfigureAwait(false);
        var attempts = outcomes.Select(outcome => outcome.Attempt).ToList();
        var reached = members.Where((_, i) => attempts[i].Succeeded).Select(member => member.Name).ToList();
        var unreached = members.Zip(outcomes).Where(one => !one.Second.Attempt.Succeeded && one.Second.Refusal is null).ToList();

        // Noted before anything is thrown: what one refuses does not keep it from going on with the others.
        var noted = unreached.Count == 0 || await pending.NoteAsync(user, id, [.. unreached.Select(one => one.First)]).ConfigureAwait(false);
        if (outcomes.FirstOrDefault(outcome => outcome.Refusal is not null).Refusal is { } refusal)
        {
            ExceptionDispatchInfo.Throw(refusal);
        }

        if (unreached.Count > 0)
        {
            var why = string.Join("; ", unreached.Select(one => $"'{one.First.Name}' {one.Second.Attempt.Reason}"));
            var done = reached.Count == 0 ? "" : $" It is done with {string.Join(", ", reached.Select(name => $"'{name}'"))}.";
            var rest = noted
                ? "The rest is noted and goes on by itself."
                : $"The rest is not noted, since {PendingDeletes.MaxOpen} memories of the user are to be deleted already: ask again.";
            throw new UnavailableException(
                ErrorCodes.ProviderUnavailable, $"Not all memory providers could delete: {why}.{done} {rest}", PendingDeletes.RetryInterval);
        }

        return new ProviderAnswer<T>(
            together([.. attempts.Select(attempt => attempt.Result!)]),
            failover.MetadataOf(string.Join(",", reached), began, attempts.Sum(attempt => attempt.Tries), fallback: false));

        async Task<(Attempt<T> Attempt, MemoryException? Refusal)> AskAsync(ChainMember member)
        {
            try
            {
                return (
                    await failover.TryAsync(
                        operation, member, AsTheRuleSays, (asked, token) => call(asked.State.Provider!, token), cancellationToken).ConfigureAwait(false),
                    null);
            }
            catch (MemoryException refusal)
            {
                return (default, refusal);
            }
        }
    }
}
