using Granary.Core.Sessions;

namespace Granary.Core.Tests.Sessions;

/// <summary>What superseded answers cost those who read and append.</summary>
public class SupersededHistoryTests
{
    private const int Appends = 300;

    private readonly SessionBench _bench = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reading_a_long_turn_page_by_page_reads_each_append_a_few_times_at_most(bool supersededAtTheEnd)
    {
        var session = await LongTurnAsync(supersededAtTheEnd);
        _bench.Store.TakeCounts();
        var history = new List<Message>();
        for (long? next = 1; next is { } from;)
        {
            var page = await session.GetMessagesAsync(from, 10, CancellationToken.None);
            history.AddRange(page.Messages);
            next = page.Next;

            // Others go on appending meanwhile.
            if (history.Count % 50 == 0 && history.Count < Appends)
            {
                await session.AppendAsync(Append(SessionModel.Assistant($"more {history.Count}")), CancellationToken.None);
            }
        }

        history.Where(message => message.Superseded).Select(message => message.Sequence).ShouldBe(Superseded(supersededAtTheEnd));
        _bench.Store.TakeCounts().DocumentsRead.ShouldBeLessThan(3 * Appends);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exporting_a_long_turn_reads_each_append_a_few_times_at_most(bool supersededAtTheEnd)
    {
        var session = await LongTurnAsync(supersededAtTheEnd);
        _bench.Store.TakeCounts();
        var records = new List<SessionRecord>();
        string? cursor = null;
        do
        {
            var page = await session.ExportAsync(cursor, CancellationToken.None);
            records.AddRange(page.Records);
            cursor = page.Next;
        }
        while (cursor is not null);

        records.OfType<AppendRecord>().SelectMany(record => record.Messages).Where(message => message.Superseded).Select(message => message.Sequence)
            .ShouldBe(Superseded(supersededAtTheEnd));
        _bench.Store.TakeCounts().DocumentsRead.ShouldBeLessThan(5 * Appends / 2);
    }

    [Fact]
    public async Task An_append_that_supersedes_can_be_cancelled_while_it_waits_for_others()
    {
        var session = await _bench.LoadAsync();
        await session.AppendAsync(Append(SessionModel.User("q"), SessionModel.Assistant("a")), CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        using var gate = _bench.Store.HoldCommits();
        var other = session.AppendAsync(Append(SessionModel.Assistant("b")), CancellationToken.None).AsTask();
        await gate.ArrivalAsync();
        var again = session.AppendAsync(Append(SessionModel.Assistant("c")) with { Supersedes = 2 }, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => again.WaitAsync(TimeSpan.FromSeconds(30)));
        gate.Dispose();
        (await other).LastSequence.ShouldBe(3);
    }

    private static AppendRequest Append(params Message[] messages) => new() { Messages = messages };

    private static IEnumerable<long> Superseded(bool atTheEnd) => atTheEnd ? Enumerable.Range(2, Appends).Select(number => (long)number) : [2L];

    /// <summary>A question and many appends of its answer; the first of them or all are superseded.</summary>
    private async Task<SessionActor> LongTurnAsync(bool supersededAtTheEnd)
    {
        var session = await _bench.LoadAsync();
        await session.AppendAsync(Append(SessionModel.User("q")), CancellationToken.None);
        await session.AppendAsync(Append(SessionModel.Assistant("a 2")), CancellationToken.None);
        if (!supersededAtTheEnd)
        {
            await session.AppendAsync(Append(SessionModel.Assistant("again")) with { Supersedes = 2 }, CancellationToken.None);
        }

        while (session.GetInfo().LastSequence <= Appends)
        {
            await session.AppendAsync(Append(SessionModel.Assistant($"a {session.GetInfo().LastSequence + 1}")), CancellationToken.None);
        }

        if (supersededAtTheEnd)
        {
            await session.AppendAsync(Append(SessionModel.Assistant("again")) with { Supersedes = 2 }, CancellationToken.None);
        }

        return session;
    }
}
