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
                await member.State.Provider!.RememberAsync(user, member.State.TakesIds ? named : named with { Id = null }, token).ConfigureAwait(false), member),
            cancellationToken).ConfigureAwait(false);
    }

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
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks for a memory with one provider after the other.</summary>
    /// <exception cref="NotFoundException">None has it.</exception>
    /// <exception cref="UnavailableException">None of those that answered has it, and not all answered.</exception>
    public async Task<ProviderAnswer<ProviderMemory>> GetAsync(UserKey user, string id, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, id);
        var open = await BeginAsync(user, cancellationToken).ConfigureAwait(false);

        // Another process may have registered the provider that has it a moment ago.
        await registry.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var began = time.GetTimestamp();
        var (tries, first) = (0, true);
        var failed = new List<(string Reason, ChainMember Member)>();
        foreach (var member in OrderBut(open, MemoryOperation.Get).Where(member => !open.Holds(member.Name, id)))
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
            catch (Exception error) when (IsNotThere(error))
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
            catch (Exception error) when (IsNotThere(error))
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
                return new ProviderPage(memories, page.Total - (page.Memories.Count - memories.Count));
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
        var found = await Task.WhenAll(registry.Members.Where(member => member.IsInUse).Select(member => checks.CheckAsync(member, user, cancellationToken))).ConfigureAwait(false);
        var healthy = found.Where(health => health.Healthy).ToList();
        var counts = healthy.Select(health => health.TotalMemories).ToList();
        return new ProviderHealth
        {
            Healthy = healthy.Count > 0,
            Provider = Name,
            ResponseTimeMs = Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 3),
            VectorsAvailable = healthy.Exists(health => health.VectorsAvailable == true),
            TotalMemories = user is null || counts.TrueForAll(count => count is null) ? null : counts.Sum(),
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
    private static bool IsNotThere(Exception error) => error is NotFoundException or InvalidRequestException;

    private static ProviderMemory Named(ProviderMemory memory, ChainMember member) => memory with { Provider = member.Name };

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
        var attempts = await Task.WhenAll(members.Select(member => failover.TryAsync(
            operation, member, AsTheRuleSays, (asked, token) => call(asked.State.Provider!, token), cancellationToken))).ConfigureAwait(false);
        var reached = members.Where((_, i) => attempts[i].Succeeded).Select(member => member.Name).ToList();
        var unreached = members.Select((member, i) => (member.Name, Attempt: attempts[i])).Where(one => !one.Attempt.Succeeded).ToList();
        if (unreached.Count > 0)
        {
            await pending.NoteAsync(user, id, [.. unreached.Select(one => one.Name)]).ConfigureAwait(false);
            var done = reached.Count == 0 ? "" : $" It is done with {string.Join(", ", reached.Select(name => $"'{name}'"))}.";
            throw new UnavailableException(
                ErrorCodes.ProviderUnavailable,
                $"Not all memory providers could delete: {string.Join("; ", unreached.Select(one => $"'{one.Name}' {one.Attempt.Reason}"))}.{done} The rest is noted and goes on by itself.",
                PendingDeletes.RetryInterval);
        }

        return new ProviderAnswer<T>(
            together([.. attempts.Select(attempt => attempt.Result!)]),
            failover.MetadataOf(string.Join(",", reached), began, attempts.Sum(attempt => attempt.Tries), fallback: false));
    }
}
