using Granary.Core.Recall.Vectors;

namespace Granary.Core.Tests.Recall.Vectors;

public class VectorIndexConcurrency
{
    private const string Model = "model";

    /// <summary>
    /// Vectors point along one of 8 axes and are replaced all the time, so that chunks are filled, closed and reused beneath the searches.
    /// Units up to 100 are always there, once, and of each pair only one is at a time: a search that sees two moments breaks that.
    /// </summary>
    [Fact]
    public async Task Searches_beside_a_writer_see_one_moment_each()
    {
        const int Constant = 100;
        const int Churned = 3_000;
        var index = new VectorIndex(Model, 8);
        for (var unit = 0; unit < Constant + Churned; unit++)
        {
            index.Set(unit, Axis(unit % 8));
        }

        var segment = VectorSegment.Decode(index.Encode([.. Enumerable.Range(Constant, 1000)]));
        using var end = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            var searches = 0;
            for (; !end.IsCancellationRequested || searches < 10; searches++)
            {
                var axis = random.Next(8);
                var hits = await index.SearchAsync(new() { Vector = Axis(axis), Top = Constant + Churned + 1 });

                hits.Select(h => h.Unit).ShouldBeUnique();
                hits.Count(h => h.Unit < Constant).ShouldBe(Constant);
                hits.Count.ShouldBeInRange(Constant + Churned - 1, Constant + Churned);
                hits.ShouldAllBe(h => MathF.Abs(h.Score) < 0.01 || MathF.Abs(h.Score - 1) < 0.01);
            }

            return searches;
        })).ToList();

        var writer = new Random(99);
        for (var i = 0; i < 60_000; i++)
        {
            var unit = writer.Next(Constant + Churned);
            index.Set(unit, Axis(writer.Next(8)));
            if (i % 7 == 0 && unit >= Constant)
            {
                index.Remove(unit).ShouldBeTrue();
                index.Set(unit, Axis(writer.Next(8)));
            }

            if (i % 500 == 0)
            {
                index.Load(segment);
            }
        }

        await end.CancelAsync();
        (await Task.WhenAll(readers)).ShouldAllBe(searches => searches >= 10);
        index.Count.ShouldBe(Constant + Churned);
    }

    [Fact]
    public async Task A_search_sees_the_moment_of_its_start_whatever_is_written_meanwhile()
    {
        const int Units = 3_000;
        var index = new VectorIndex(Model, 8);
        for (var unit = 0; unit < Units; unit++)
        {
            index.Set(unit, Axis(1));
        }

        var written = false;
        var hits = await index.SearchAsync(new()
        {
            Vector = Axis(1),
            Top = 2 * Units,
            Filter = _ =>
            {
                for (var unit = 0; unit < 2 * Units && !written; unit++)
                {
                    index.Set(unit, Axis(2));
                }

                for (var unit = 0; unit < Units && !written; unit++)
                {
                    index.Remove(unit);
                }

                written = true;
                return true;
            },
        });

        hits.Select(h => h.Unit).ShouldBe(Enumerable.Range(0, Units));
        hits.ShouldAllBe(h => h.Score > 0.9f);
        (await index.SearchAsync(new() { Vector = Axis(2), Top = 2 * Units })).Select(h => h.Unit).ShouldBe(Enumerable.Range(Units, Units));
    }

    [Fact]
    public async Task Of_a_replaced_vector_either_the_old_or_the_new_one_is_seen()
    {
        // So few that the writer is between two steps in a good part of the moments at which searches begin.
        var index = new VectorIndex(Model, 8);
        index.Set(0, Axis(0));
        index.Set(1, Axis(1));
        using var end = new CancellationTokenSource();
        var reader = Task.Run(async () =>
        {
            for (var searches = 0; !end.IsCancellationRequested || searches < 1_000; searches++)
            {
                (await index.SearchAsync(new() { Vector = Axis(0), Top = 3 })).Select(h => h.Unit).Order().ShouldBe([0, 1]);
            }
        });

        for (var i = 0; i < 100_000; i++)
        {
            index.Set(i % 2, Axis(i % 3));
        }

        await end.CancelAsync();
        await reader;
    }

    [Theory]
    [InlineData(5, 30_000)]
    [InlineData(1024, 2_000)]
    public async Task A_loaded_segment_is_seen_whole_or_not_at_all(int rows, int loads)
    {
        var source = new VectorIndex(Model, 8);
        var units = Enumerable.Range(0, rows).ToList();
        units.ForEach(unit => source.Set(unit, Axis(1)));
        var ones = VectorSegment.Decode(source.Encode(units));
        units.ForEach(unit => source.Set(unit, Axis(2)));
        var twos = VectorSegment.Decode(source.Encode(units));
        var index = new VectorIndex(Model, 8);
        index.Load(ones);
        using var end = new CancellationTokenSource();
        var reader = Task.Run(async () =>
        {
            for (var searches = 0; !end.IsCancellationRequested || searches < 10; searches++)
            {
                var hits = await index.SearchAsync(new() { Vector = Axis(1), Top = 2 * rows });

                hits.Count.ShouldBe(rows);
                hits.Count(h => h.Score > 0.9f).ShouldBeOneOf(0, rows);
            }
        });

        for (var i = 0; i < loads; i++)
        {
            index.Load(i % 2 == 0 ? twos : ones);
        }

        await end.CancelAsync();
        await reader;
    }

    [Fact]
    public void A_second_writer_at_the_same_time_is_refused()
    {
        var index = new VectorIndex(Model, 2);
        index.Set(0, [1, 0]);

        index.Encode(new Callback(() =>
        {
            Should.Throw<InvalidOperationException>(() => index.Set(1, [1, 0]));
            Should.Throw<InvalidOperationException>(() => index.Remove(0));
        }));

        index.Count.ShouldBe(1);
        index.Set(1, [1, 0]);
        index.Count.ShouldBe(2);
    }

    private static float[] Axis(int axis)
    {
        var vector = new float[8];
        vector[axis] = 1;
        return vector;
    }

    /// <summary>A list of unit 0 that calls somebody while it is read, which is the writer's turn.</summary>
    private sealed class Callback(Action called) : IReadOnlyList<int>
    {
        public int Count => 1;

        public int this[int index] => 0;

        public IEnumerator<int> GetEnumerator()
        {
            called();
            yield return 0;
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
