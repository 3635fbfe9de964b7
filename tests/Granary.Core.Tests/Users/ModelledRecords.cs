using Granary.Core.Users.Records;

namespace Granary.Core.Tests.Users;

/// <summary>A user's records, and what they should be in the simplest words beside them.</summary>
internal sealed class ModelledRecords(UserBench bench)
{
    private readonly List<Entry> entries = [];
    private readonly List<string> purged = [];
    private int purgeable;

    public UserBench Bench => bench;

    private DateTimeOffset Now => bench.Time.GetUtcNow();

    /// <summary>Remembers one of a few facts, so that most are known.</summary>
    public async Task RememberAsync(int seed)
    {
        var draft = Draft(seed % 23, seed / 23);
        Expect(draft, (await bench.RememberAsync(draft)).Outcomes.ShouldHaveSingleItem());
    }

    /// <summary>Remembers so many that one commit does not take them.</summary>
    public async Task RememberManyAsync(int seed)
    {
        var drafts = Enumerable.Range(0, 50 + (seed % 50)).Select(i => Draft(100 + (seed % 3 * 40) + (i % 70), seed)).ToArray();
        var outcomes = (await bench.RememberAsync(drafts)).Outcomes;
        for (var i = 0; i < drafts.Length; i++)
        {
            Expect(drafts[i], outcomes[i]);
        }
    }

    public async Task UpdateAsync(int seed, int text)
    {
        if (Pick(seed) is not { } entry)
        {
            return;
        }

        var content = TextOf(text % 23);
        var update = async () => await (await bench.ActorAsync()).UpdateMemoryAsync(entry.Id, new MemoryPatch { Content = content }, CancellationToken.None);
        if (entry.Told == MemoryState.Deleted)
        {
            await Should.ThrowAsync<NotFoundException>(update);
        }
        else if (entry.IsActive(Now) && content != entry.Content && Active(content) is not null)
        {
            await Should.ThrowAsync<ConflictException>(update);
        }
        else
        {
            await update();
            if (content != entry.Content)
            {
                entry.Say(MemoryEvent.Update, Now, entry.Content, content);
                entry.Content = content;
            }
        }
    }

    public async Task PinAsync(int seed)
    {
        if (Pick(seed) is { Told: not MemoryState.Deleted } entry)
        {
            var pinned = seed % 2 == 0;
            await (await bench.ActorAsync()).UpdateMemoryAsync(entry.Id, new MemoryPatch { Pinned = pinned }, CancellationToken.None);
            if (pinned != entry.Pinned)
            {
                entry.Pinned = pinned;
                entry.Say(MemoryEvent.Update, Now, null, null);
            }
        }
    }

    public async Task DeleteAsync(int seed, bool purge)
    {
        if (Pick(seed) is not { } entry)
        {
            return;
        }

        await (await bench.ActorAsync()).DeleteMemoryAsync(entry.Id, null, purge, CancellationToken.None);
        if (purge)
        {
            Purge(entry);
        }
        else
        {
            Delete(entry);
        }
    }

    public async Task RestoreAsync(int seed)
    {
        if (Pick(seed) is not { } entry)
        {
            return;
        }

        var restore = async () => await (await bench.ActorAsync()).RestoreMemoryAsync(entry.Id, null, CancellationToken.None);
        if (entry.IsActive(Now))
        {
            await restore();
        }
        else if (Active(entry.Content) is not null)
        {
            await Should.ThrowAsync<ConflictException>(restore);
        }
        else
        {
            await restore();
            entry.Told = MemoryState.Active;
            entry.Ended = null;
            entry.ExpiresAt = entry.ExpiresAt <= Now ? null : entry.ExpiresAt;
            entry.Say(MemoryEvent.Restore, Now, null, entry.Content);
        }
    }

    public async Task TouchAsync(int seed)
    {
        var touched = entries.Where((_, i) => (seed >> (i % 20) & 1) == 1).Take(RecordPlan.MaxRecordsPerCommit).ToList();
        await (await bench.ActorAsync()).TouchAsync([.. touched.Select(e => e.Id), "mem_none"], CancellationToken.None);
        foreach (var entry in touched.Where(e => e.IsActive(Now)))
        {
            entry.Accesses++;
            entry.Accessed = Now;
        }
    }

    /// <summary>Forgets what is older than some days, and keeps some of the rest.</summary>
    public async Task ForgetAsync(int seed)
    {
        var (days, keep, archive) = (1 + (seed % 40), seed / 40 % 30, seed / 1200 % 2 == 0);
        var candidates = entries.Where(e => e.IsActive(Now)).ToList();
        var chosen = candidates.Where(e => !e.Pinned && Now - e.Created > TimeSpan.FromDays(days)).ToList();
        var rest = candidates.Except(chosen).ToList();
        chosen.AddRange(rest.Where(e => !e.Pinned).OrderBy(e => e.Retention(Now)).ThenBy(e => e.Created).ThenBy(e => e.Number).Take(Math.Max(0, rest.Count - keep)));
        var request = new ForgetRequest { MaxAgeDays = days, Keep = keep, Archive = archive };
        var dry = await (await bench.ActorAsync()).ForgetAsync(request with { DryRun = true }, CancellationToken.None);
        var result = await (await bench.ActorAsync()).ForgetAsync(request, CancellationToken.None);
        result.MemoryIds.Order().ShouldBe(chosen.Select(e => e.Id).Order());
        (result.Forgotten, result.Kept).ShouldBe((chosen.Count, candidates.Count - chosen.Count));
        dry.MemoryIds.ShouldBe(result.MemoryIds);
        foreach (var entry in chosen)
        {
            if (archive)
            {
                entry.Told = MemoryState.Archived;
                entry.Ended = Now;
                entry.Say(MemoryEvent.Archive, Now, null, null);
            }
            else
            {
                Delete(entry);
            }
        }
    }

    public async Task MaintainAsync()
    {
        await (await bench.ActorAsync()).MaintainAsync(CancellationToken.None);
        foreach (var entry in entries.ToList())
        {
            // One look may be followed by another at once: what ended a year ago is noted, and then removed.
            while (entries.Contains(entry) && entry.Due() <= Now)
            {
                switch (entry.Told)
                {
                    case MemoryState.Deleted or MemoryState.Archived or MemoryState.Expired:
                        Purge(entry);
                        break;
                    case var _ when entry.ExpiresAt is not null:
                        entry.Told = MemoryState.Expired;
                        entry.Say(MemoryEvent.Expire, Now, null, null);
                        break;
                    default:
                        entry.Told = MemoryState.Archived;
                        entry.Ended = Now;
                        entry.Say(MemoryEvent.Archive, Now, null, null);
                        break;
                }
            }
        }
    }

    /// <summary>A commit fails: what it would have stored is stored or not, but never half of it; then the model learns which.</summary>
    public async Task LoseAsync()
    {
        var drafts = Enumerable.Range(0, 60).Select(i => Draft(1000 + purgeable + i, 0)).ToArray();
        purgeable += 60;
        await Should.ThrowAsync<UnavailableException>(() => bench.RememberAsync(drafts));
        var stored = (await bench.ListAsync()).Where(r => drafts.Any(d => d.Content == r.Content)).Reverse().ToList();
        stored.Count.ShouldBeOneOf(0, 60);
        foreach (var record in stored)
        {
            Add(drafts.Single(d => d.Content == record.Content), record);
        }
    }

    public async Task CheckListAsync()
    {
        var listed = await bench.ListAsync();
        listed.Select(Told).ShouldBe(entries.OrderByDescending(e => e.Created).ThenByDescending(e => e.Number).Select(e => e.Seen(Now)));
    }

    public async Task CheckAsync()
    {
        await CheckListAsync();
        var actor = await bench.ActorAsync();
        foreach (var entry in entries)
        {
            Told(await actor.GetMemoryAsync(entry.Id, CancellationToken.None)).ShouldBe(entry.Seen(Now));
            (await actor.GetHistoryAsync(entry.Id, CancellationToken.None)).Changes
                .Select(c => (c.Revision, c.Event, c.Timestamp, c.OldContent, c.NewContent)).ShouldBe(entry.History);
        }

        // Of what was purged nothing is left, neither by its id nor by a text that no other record has or had.
        var texts = await bench.TextsAsync();
        var alive = entries.SelectMany(e => e.History.SelectMany(c => new[] { c.Old, c.New })).ToHashSet();
        foreach (var text in purged.Where(t => !alive.Contains(t)))
        {
            texts.ShouldNotContain($"\"{text}\"");
        }

        (await bench.DocumentsAsync("b:")).ShouldBeEmpty();
        (await bench.DocumentsAsync("r:")).Count.ShouldBe(entries.Count);
        var stats = await actor.GetStatsAsync(CancellationToken.None);
        stats.ByState.Values.Sum().ShouldBe(entries.Count);
        stats.ByState["expired"].ShouldBe(entries.Count(e => e.StateAt(Now) == MemoryState.Expired));
    }

    private static (string Id, string Content, MemoryState State, bool Pinned, int Revision, int Accesses) Told(MemoryRecord r) =>
        (r.Id, r.Content, r.State, r.Pinned, r.Revision, r.AccessCount);

    private static string TextOf(int number) => $"what is said as number {number}.";

    private MemoryDraft Draft(int number, int seed) => new()
    {
        Content = TextOf(number),
        Pinned = seed % 9 == 0,
        Importance = (MemoryImportance)(number % 3),
        ExpiresAt = seed % 4 == 0 ? Now.AddHours(1 + (seed % 700)) : null,
    };

    private void Expect(MemoryDraft draft, MemoryOutcome outcome)
    {
        if (Active(draft.Content) is { } known)
        {
            (outcome.Event, outcome.Record.Id).ShouldBe((MemoryEvent.None, known.Id));
            return;
        }

        outcome.Event.ShouldBe(MemoryEvent.Add);
        Add(draft, outcome.Record);
    }

    private void Add(MemoryDraft draft, MemoryRecord record)
    {
        entries.ShouldNotContain(e => e.Id == record.Id);
        var entry = new Entry(record.Id, entries.Count == 0 ? 1 : entries.Max(e => e.Number) + 1, record.CreatedAt)
        {
            Content = draft.Content,
            Pinned = draft.Pinned,
            Importance = draft.Importance,
            ExpiresAt = draft.ExpiresAt,
        };
        entry.Say(MemoryEvent.Add, record.CreatedAt, null, draft.Content);
        entries.Add(entry);
    }

    private void Delete(Entry entry)
    {
        if (entry.Told != MemoryState.Deleted)
        {
            entry.Told = MemoryState.Deleted;
            entry.Ended = Now;
            entry.Say(MemoryEvent.Delete, Now, entry.Content, null);
        }
    }

    private void Purge(Entry entry)
    {
        entries.Remove(entry);
        purged.AddRange(entry.History.SelectMany(c => new[] { c.Old, c.New }).OfType<string>());
    }

    private Entry? Pick(int seed) => entries.Count == 0 ? null : entries[seed % entries.Count];

    private Entry? Active(string content) => entries.Find(e => e.Content == content && e.IsActive(Now));

    private sealed class Entry(string id, long number, DateTimeOffset created)
    {
        public string Id => id;

        public long Number => number;

        public DateTimeOffset Created => created;

        public required string Content { get; set; }

        public bool Pinned { get; set; }

        public MemoryImportance Importance { get; init; }

        public DateTimeOffset? ExpiresAt { get; set; }

        public MemoryState Told { get; set; } = MemoryState.Active;

        public DateTimeOffset? Ended { get; set; }

        public int Accesses { get; set; }

        public DateTimeOffset? Accessed { get; set; }

        public List<(int Revision, MemoryEvent Event, DateTimeOffset At, string? Old, string? New)> History { get; } = [];

        public void Say(MemoryEvent what, DateTimeOffset now, string? old, string? next) => History.Add((History.Count + 1, what, now, old, next));

        public MemoryState StateAt(DateTimeOffset now) =>
            Told is MemoryState.Archived or MemoryState.Deleted || ExpiresAt is null ? Told
            : ExpiresAt <= now ? MemoryState.Expired
            : ExpiresAt <= now.AddDays(7) ? MemoryState.Expiring
            : MemoryState.Active;

        public bool IsActive(DateTimeOffset now) => StateAt(now) is MemoryState.Active or MemoryState.Expiring;

        public DateTimeOffset? Due() => Told switch
        {
            MemoryState.Deleted => Ended!.Value.AddDays(30),
            MemoryState.Archived => Pinned ? null : Ended!.Value.AddDays(365),
            MemoryState.Expired => Pinned ? null : ExpiresAt!.Value.AddDays(365),
            _ when ExpiresAt is not null => ExpiresAt,
            _ => Pinned ? null : (Accessed > History[^1].At ? Accessed.Value : History[^1].At).AddDays(90),
        };

        public double Retention(DateTimeOffset now) => RetentionScore.Of(Importance, 1, Accesses, now - (Accessed ?? Created), now - Created);

        public (string Id, string Content, MemoryState State, bool Pinned, int Revision, int Accesses) Seen(DateTimeOffset now) =>
            (Id, Content, StateAt(now), Pinned, History.Count, Accesses);
    }
}
