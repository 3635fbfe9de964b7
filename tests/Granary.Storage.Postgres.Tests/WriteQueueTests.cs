using Granary.Core.Storage;
using Granary.Core.Storage.Writing;
using Granary.Storage.Postgres.Writing;

namespace Granary.Storage.Postgres.Tests;

public sealed class WriteQueueTests
{
    [Fact]
    public void Every_write_is_given_out_once_in_the_order_of_its_partition_and_no_group_has_a_partition_twice()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var queue = new WriteQueue(maxCommits: random.Next(1, 6), maxBytes: random.Next(1, 400));
            var (added, taken) = (new List<PendingWrite>(), new List<PendingWrite>());
            for (var step = 0; step < 40; step++)
            {
                for (var i = random.Next(6); i > 0; i--)
                {
                    var write = new PendingWrite(WriteAction.Commit, $"p{random.Next(4)}", null, random.Next(100));
                    queue.TryAdd(write).ShouldBeTrue();
                    if (random.Next(10) == 0)
                    {
                        write.Withdraw(new CancellationToken(canceled: true));
                    }
                    else
                    {
                        added.Add(write);
                    }
                }

                Take(queue, taken, seed);
            }

            queue.Close();
            queue.TryAdd(new PendingWrite(WriteAction.Commit, "p", null, 0)).ShouldBeFalse();
            while (taken.Count < added.Count)
            {
                var before = taken.Count;
                Take(queue, taken, seed);
                taken.Count.ShouldBeGreaterThan(before, $"seed {seed}");
            }

            foreach (var partition in added.Select(w => w.Partition).Distinct())
            {
                taken.Where(w => w.Partition == partition).ShouldBe(added.Where(w => w.Partition == partition), $"seed {seed}");
            }
        }
    }

    [Fact]
    public async Task A_closed_queue_ends_once_what_was_held_back_is_taken()
    {
        var queue = new WriteQueue(10, 1_000);
        queue.TryAdd(new PendingWrite(WriteAction.Commit, "p", null, 0));
        queue.TryAdd(new PendingWrite(WriteAction.Commit, "p", null, 0));
        queue.Close();

        for (var i = 0; i < 2; i++)
        {
            (await queue.WaitAsync()).ShouldBeTrue();
            var group = new List<PendingWrite>();
            queue.Take(group);
            group.Count.ShouldBe(1);
        }

        (await queue.WaitAsync()).ShouldBeFalse();
    }

    private static void Take(WriteQueue queue, List<PendingWrite> taken, int seed)
    {
        var group = new List<PendingWrite>();
        queue.Take(group);
        group.Select(w => w.Partition).ShouldBeUnique($"seed {seed}");
        taken.AddRange(group);
    }
}
