using Granary.Core.Storage;

namespace Granary.Core.Tests.Users;

/// <summary>The recall index is opened once, for all who ask, whoever of them gives up.</summary>
public class IndexOpeningTests
{
    private static readonly RecallRequest Boat = new() { Query = "boat" };

    [Fact]
    public async Task Who_gives_up_does_not_throw_the_opening_away()
    {
        var bench = new UserBench();
        await bench.RememberAsync(new MemoryDraft { Content = "Has a boat." });
        bench.Restart();
        var user = await bench.ActorAsync();
        bench.Store.TakeCounts();
        using (var reading = bench.Store.HoldReads())
        {
            using var patience = new CancellationTokenSource();
            var first = user.RecallAsync(Boat, patience.Token);
            await reading.ArrivalAsync();
            var second = user.RecallAsync(Boat, CancellationToken.None);
            await patience.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(first);
            reading.Dispose();
            (await second).Hits.ShouldHaveSingleItem().Content.ShouldBe("Has a boat.");
        }

        // The segments, the postings, the records, and the text of the hit.
        bench.Store.TakeCounts().Reads.ShouldBe(4);
    }

    [Fact]
    public async Task Several_sessions_are_read_at_a_time()
    {
        var bench = new UserBench();
        for (var i = 0; i < 20; i++)
        {
            await bench.TellAsync($"s{i}");
        }

        using var reading = bench.Store.HoldReads(partition => partition.StartsWith("session/", StringComparison.Ordinal));
        var recalling = (await bench.ActorAsync()).RecallAsync(Boat, CancellationToken.None);
        for (var i = 0; i < 8; i++)
        {
            await reading.ArrivalAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }

        reading.Dispose();
        (await recalling).Hits.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_opening_that_failed_is_tried_again_for_the_next_who_asks()
    {
        var bench = new UserBench();
        await bench.RememberAsync(new MemoryDraft { Content = "Has a boat." });
        bench.Restart();
        var user = await bench.ActorAsync();
        bench.Store.FailReads(1, partition => partition == PartitionNames.Of(UserBench.Key));
        await Should.ThrowAsync<UnavailableException>(() => user.RecallAsync(Boat, CancellationToken.None));
        (await user.RecallAsync(Boat, CancellationToken.None)).Hits.ShouldHaveSingleItem();
    }
}
