using Granary.Core.Storage.Writing;
using Granary.Storage.Sqlite.Writing;

namespace Granary.Storage.Sqlite.Tests;

public sealed class WriteQueueTests
{
    private readonly WriteQueue _queue = new();

    [Fact]
    public async Task Every_write_that_was_accepted_is_taken_however_closing_and_adding_race()
    {
        for (var round = 0; round < 200; round++)
        {
            var queue = new WriteQueue();
            var taker = Task.Run(() =>
            {
                var taken = 0;
                while (true)
                {
                    taken += queue.Take(TimeSpan.FromTicks(100), out var finished) is null ? 0 : 1;
                    if (finished)
                    {
                        return taken;
                    }
                }
            });
            var adders = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                var accepted = 0;
                while (queue.TryAdd(Write()))
                {
                    accepted++;
                }

                return accepted;
            })).ToArray();
            var closer = Task.Run(queue.Close);

            var accepted = await Task.WhenAll(adders);
            await closer;
            (await taker.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(accepted.Sum());
        }
    }

    [Fact]
    public void Writes_are_taken_in_order_and_withdrawn_ones_are_passed_over()
    {
        PendingWrite[] writes = [Write(), Write(), Write()];
        Array.ForEach(writes, write => _queue.TryAdd(write));
        writes[1].Withdraw(CancellationToken.None);

        _queue.TryTake().ShouldBeSameAs(writes[0]);
        _queue.Take(Timeout.InfiniteTimeSpan, out _).ShouldBeSameAs(writes[2]);
        _queue.Take(TimeSpan.Zero, out var finished).ShouldBeNull();
        finished.ShouldBeFalse();
    }

    [Fact]
    public async Task A_sleeping_taker_is_woken_by_a_write_and_by_closing()
    {
        var taker = Task.Run(() => _queue.Take(Timeout.InfiniteTimeSpan, out _));
        var write = Write();
        _queue.TryAdd(write);
        (await taker.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeSameAs(write);

        var last = Task.Run(() =>
        {
            var none = _queue.Take(Timeout.InfiniteTimeSpan, out var finished);
            return (none, finished);
        });
        _queue.Close();
        (await last.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe((null, true));
        _queue.TryAdd(Write()).ShouldBeFalse();
    }

    private static PendingWrite Write() => new(WriteAction.Probe, string.Empty, null, 0);
}
