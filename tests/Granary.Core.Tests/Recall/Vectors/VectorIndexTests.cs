using Granary.Core.Recall.Vectors;

namespace Granary.Core.Tests.Recall.Vectors;

public class VectorIndexTests
{
    private const string Model = "model";

    [Fact]
    public async Task An_empty_index_finds_nothing()
    {
        var index = new VectorIndex(Model, 3);

        index.Count.ShouldBe(0);
        (await index.SearchAsync(new() { Vector = new float[] { 1, 0, 0 }, Top = 5, Exact = Never })).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_nearest_by_angle_come_first_whatever_their_length()
    {
        var index = Of(3, (4, [0.01f, 0, 0]), (9, [100, 100, 0]), (2, [0, 1, 0]), (5, [-1, 0, 0]));

        var hits = await index.SearchAsync(new() { Vector = new float[] { 5, 0, 0 }, Top = 3 });

        hits.Select(h => h.Unit).ShouldBe([4, 9, 2]);
        hits.Select(h => h.Score).ShouldBe([1, MathF.Sqrt(0.5f), 0], 0.01);
    }

    [Fact]
    public async Task Equal_scores_are_ordered_by_unit()
    {
        var index = Of(2, (8, [1, 1]), (3, [1, 1]), (5, [2, 2]), (1, [1, 1]));

        (await index.SearchAsync(new() { Vector = new float[] { 1, 1 }, Top = 3 })).Select(h => h.Unit).ShouldBe([1, 3, 5]);
    }

    [Fact]
    public async Task A_replaced_vector_counts_once_and_a_removed_one_not_at_all()
    {
        var index = Of(2, (0, [1, 0]), (1, [0, 1]));

        index.Set(0, [-1, 0]);
        index.Remove(1).ShouldBeTrue();

        index.Remove(1).ShouldBeFalse();
        index.Remove(77).ShouldBeFalse();
        index.Contains(1).ShouldBeFalse();
        index.Contains(0).ShouldBeTrue();
        index.Count.ShouldBe(1);
        var hit = (await index.SearchAsync(new() { Vector = new float[] { 1, 0 }, Top = 5 })).ShouldHaveSingleItem();
        hit.Unit.ShouldBe(0);
        hit.Score.ShouldBe(-1, 0.01);
    }

    [Fact]
    public async Task A_filter_is_never_relaxed()
    {
        var index = Of(2, (0, [1, 0]), (1, [1, 0.1f]), (2, [-1, 0]), (3, [-1, 0.1f]));

        var hits = await index.SearchAsync(new() { Vector = new float[] { 1, 0 }, Top = 3, Filter = unit => unit >= 2 });

        hits.Select(h => h.Unit).ShouldBe([3, 2]);
        (await index.SearchAsync(new() { Vector = new float[] { 1, 0 }, Top = 3, Filter = _ => false, Exact = Never })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Candidates_that_may_be_among_the_nearest_are_scored_anew_with_their_exact_vectors()
    {
        var random = new Random(3);
        var vectors = Enumerable.Range(0, 200).ToDictionary(u => u, _ => SampleVectors.Any(random, 4));
        var index = Of(vectors, 4);
        var query = SampleVectors.Any(random, 4);
        var asked = 0;

        var hits = await index.SearchAsync(new()
        {
            Vector = query,
            Top = 10,
            Exact = (units, cancel) =>
            {
                asked = units.Count;
                return SampleVectors.Exact(Model, vectors)(units, cancel);
            },
        });

        asked.ShouldBeInRange(10, 30);
        hits.ShouldBe(SampleVectors.Nearest(vectors, query, 10));
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(384, 1)]
    [InlineData(384, 10)]
    public async Task The_nearest_of_many_near_duplicates_is_found(int dimension, int top)
    {
        var random = new Random(6);
        var vectors = new Dictionary<int, float[]>();
        foreach (var centre in Enumerable.Range(0, 20).Select(_ => SampleVectors.Any(random, dimension)))
        {
            for (var i = 0; i < 50; i++)
            {
                vectors.Add(vectors.Count, [.. centre.Zip(SampleVectors.Any(random, dimension), (a, b) => a + (b * 0.02f))]);
            }
        }

        var index = Of(vectors, dimension);
        for (var i = 0; i < 50; i++)
        {
            float[] query = [.. vectors[i * 20].Zip(SampleVectors.Any(random, dimension), (a, b) => a + (b * 0.02f))];
            (await index.SearchAsync(new() { Vector = query, Top = top, Exact = SampleVectors.Exact(Model, vectors) })).ShouldBe(SampleVectors.Nearest(vectors, query, top));
        }
    }

    [Fact]
    public async Task Without_an_exact_vector_of_the_model_the_quantised_score_stands()
    {
        var index = Of(2, (0, [1, 0.3f]), (1, [1, 0.2f]), (2, [1, 0.1f]));
        var quantised = await index.SearchAsync(new() { Vector = new float[] { 1, 0 }, Top = 3 });

        var hits = await index.SearchAsync(new()
        {
            Vector = new float[] { 1, 0 },
            Top = 3,
            Exact = (units, _) => ValueTask.FromResult<IReadOnlyList<ReadOnlyMemory<byte>>>(
                [default, VectorDocument.Encode("another", [0, 1]), VectorDocument.Encode(Model, [0, 1, 0])]),
        });

        hits.ShouldBe(quantised);
    }

    [Fact]
    public async Task A_damaged_exact_vector_fails_the_search()
    {
        var index = Of(2, (0, [1, 0]));
        var body = VectorDocument.Encode(Model, [1, 0]);
        body[^1] ^= 1;

        await Should.ThrowAsync<InvalidDataException>(async () => await index.SearchAsync(new()
        {
            Vector = new float[] { 1, 0 },
            Top = 1,
            Exact = (_, _) => ValueTask.FromResult<IReadOnlyList<ReadOnlyMemory<byte>>>([body]),
        }));
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(1f, 2f, 3f)]
    [InlineData(0f, 0f)]
    [InlineData(1f, float.NaN)]
    [InlineData(float.PositiveInfinity, 1f)]
    [InlineData(float.MaxValue, float.MaxValue)]
    [InlineData(1e-30f, 0f)]
    public async Task A_vector_of_another_dimension_or_without_direction_is_refused_and_changes_nothing(params float[] vector)
    {
        var index = Of(2, (0, [1, 0]));

        Should.Throw<ArgumentException>(() => index.Set(0, vector));
        Should.Throw<ArgumentException>(() => index.Set(1, vector));
        await Should.ThrowAsync<ArgumentException>(async () => await index.SearchAsync(new() { Vector = vector, Top = 1 }));

        index.Count.ShouldBe(1);
        (await index.SearchAsync(new() { Vector = new float[] { 1, 0 }, Top = 2 })).ShouldHaveSingleItem().Score.ShouldBe(1, 0.01);
    }

    [Fact]
    public async Task Numbers_out_of_range_are_refused()
    {
        var index = new VectorIndex(Model, 2);

        Should.Throw<ArgumentException>(() => index.Set(-1, [1, 0]));
        Should.Throw<ArgumentException>(() => index.Set(VectorIndex.MaxUnit + 1, [1, 0]));
        Should.Throw<ArgumentException>(() => new VectorIndex(Model, 0));
        Should.Throw<ArgumentException>(() => new VectorIndex(Model, VectorLength.MaxDimension + 1));
        Should.Throw<ArgumentException>(() => new VectorIndex("", 2));
        await Should.ThrowAsync<ArgumentException>(async () => await index.SearchAsync(new() { Vector = new float[] { 1, 0 }, Top = 0 }));
        await Should.ThrowAsync<ArgumentException>(async () => await index.SearchAsync(new() { Vector = new float[] { 1, 0 }, Top = 1, Oversample = 101 }));
    }

    [Fact]
    public async Task The_extremes_of_a_unit_id_a_dimension_and_a_number_to_find_are_taken()
    {
        var index = new VectorIndex(Model, VectorLength.MaxDimension);
        var vector = Enumerable.Repeat(1e9f, VectorLength.MaxDimension).ToArray();

        index.Set(VectorIndex.MaxUnit, vector);

        var hit = (await index.SearchAsync(new() { Vector = vector, Top = int.MaxValue, Oversample = 100, Exact = SampleVectors.Exact(Model, new Dictionary<int, float[]> { [VectorIndex.MaxUnit] = vector }) })).ShouldHaveSingleItem();
        hit.Unit.ShouldBe(VectorIndex.MaxUnit);
        hit.Score.ShouldBe(1, 0.001);
    }

    [Fact]
    public void A_segment_of_another_model_or_dimension_is_refused()
    {
        var segment = VectorSegment.Decode(Of(2, (0, [1, 0])).Encode([0]));

        Should.Throw<ArgumentException>(() => new VectorIndex("another", 2).Load(segment));
        Should.Throw<ArgumentException>(() => new VectorIndex(Model, 3).Load(segment));
        var index = new VectorIndex(Model, 2);
        Should.Throw<ArgumentException>(() => index.Load(segment, _ => VectorIndex.MaxUnit + 1));
        index.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1024)]
    public async Task Units_of_a_segment_get_the_ids_of_the_moment_and_those_left_out_stay_out(int size)
    {
        var random = new Random(4);
        var vectors = Enumerable.Range(0, size).ToDictionary(u => u, _ => SampleVectors.Any(random, 5));
        var segment = VectorSegment.Decode(Of(vectors, 5).Encode([.. vectors.Keys]));
        var index = new VectorIndex(Model, 5);
        index.Set(1005, SampleVectors.Any(random, 5));

        index.Load(segment, unit => unit % 5 == 4 ? -1 : 1000 + unit);

        var expected = vectors.Where(v => v.Key % 5 != 4).ToDictionary(v => v.Key + 1000, v => v.Value);
        var query = SampleVectors.Any(random, 5);
        index.Count.ShouldBe(expected.Count);
        (await index.SearchAsync(new() { Vector = query, Top = size, Exact = SampleVectors.Exact(Model, expected) })).ShouldBe(SampleVectors.Nearest(expected, query, size));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1024)]
    public async Task Of_units_of_a_segment_that_become_one_the_last_counts(int size)
    {
        var source = new VectorIndex(Model, 2);
        for (var unit = 0; unit < size; unit++)
        {
            source.Set(unit, unit < size - 1 ? [1, 0] : [0, 1]);
        }

        var index = new VectorIndex(Model, 2);
        index.Load(VectorSegment.Decode(source.Encode([.. Enumerable.Range(0, size)])), unit => unit < size / 4 ? unit : size);

        index.Count.ShouldBe((size / 4) + 1);
        (await index.SearchAsync(new() { Vector = new float[] { 0, 1 }, Top = 1 })).Single().Unit.ShouldBe(size);
    }

    [Fact]
    public async Task A_segment_in_a_part_of_a_greater_buffer_is_read_from_there()
    {
        var random = new Random(5);
        var vectors = Enumerable.Range(0, 1024).ToDictionary(u => u, _ => SampleVectors.Any(random, 3));
        var body = Of(vectors, 3).Encode([.. vectors.Keys]);
        var query = SampleVectors.Any(random, 3);
        foreach (var spare in (int[])[100, 10_000_000])
        {
            var buffer = new byte[body.Length + spare];
            body.CopyTo(buffer, spare / 2);
            var index = new VectorIndex(Model, 3);
            index.Load(VectorSegment.Decode(buffer.AsMemory(spare / 2, body.Length)));

            (await index.SearchAsync(new() { Vector = query, Top = 50, Oversample = 10, Exact = SampleVectors.Exact(Model, vectors) }))
                .ShouldBe(SampleVectors.Nearest(vectors, query, 50));
            index.MemoryBytes.ShouldBeLessThan(1_000_000);
        }
    }

    [Fact]
    public void Memory_of_removed_and_replaced_vectors_is_given_back()
    {
        var index = new VectorIndex(Model, 128);
        index.MemoryBytes.ShouldBeLessThan(2_000);
        for (var i = 0; i < 100_000; i++)
        {
            index.Set(i % 3, [1, .. Enumerable.Repeat(i / 1e5f, 127)]);
        }

        index.MemoryBytes.ShouldBeLessThan(3_000);
        for (var unit = 0; unit < 20_000; unit++)
        {
            index.Set(unit, [1, .. Enumerable.Repeat(1f, 127)]);
        }

        for (var unit = 0; unit < 20_000; unit++)
        {
            if (unit % 50 != 0)
            {
                index.Remove(unit);
            }
        }

        index.Count.ShouldBe(400);
        index.MemoryBytes.ShouldBeLessThan(128 * 2048 + 200_000);
        for (var unit = 0; unit < 20_000; unit += 50)
        {
            index.Remove(unit).ShouldBeTrue();
        }

        index.MemoryBytes.ShouldBeLessThan(150_000);
    }

    [Fact]
    public async Task Ten_nearest_of_clustered_vectors_are_found_by_the_bytes_and_all_of_them_after_rescoring()
    {
        var random = new Random(7);
        var sample = SampleVectors.Clustered(random, 5_000, 384);
        var vectors = sample.Select((v, i) => (v, i)).ToDictionary(p => p.i, p => p.v);
        var index = Of(vectors, 384);
        var (bytes, rescored) = (0, 0);
        const int Queries = 100;
        for (var i = 0; i < Queries; i++)
        {
            var query = SampleVectors.Unit([.. sample[random.Next(sample.Length)].Zip(SampleVectors.Any(random, 384), (a, b) => a + (b * 0.02f))]);
            var exact = SampleVectors.Nearest(vectors, query, 10).Select(h => h.Unit).ToList();
            bytes += (await index.SearchAsync(new() { Vector = query, Top = 10 })).Count(h => exact.Contains(h.Unit));
            rescored += (await index.SearchAsync(new() { Vector = query, Top = 10, Exact = SampleVectors.Exact(Model, vectors) })).Count(h => exact.Contains(h.Unit));
        }

        (bytes / (10.0 * Queries)).ShouldBeGreaterThan(0.96);
        (rescored / (10.0 * Queries)).ShouldBeGreaterThanOrEqualTo(0.999);
    }

    [Fact]
    public async Task A_large_index_is_searched_by_several_threads_with_the_same_answer()
    {
        var random = new Random(8);
        var (alone, together) = (new VectorIndex(Model, 1024, parallelism: 1), new VectorIndex(Model, 1024, parallelism: 4));
        for (var unit = 0; unit < 10_000; unit++)
        {
            var vector = SampleVectors.Any(random, 1024);
            alone.Set(unit, vector);
            together.Set(unit, vector);
        }

        for (var i = 0; i < 20; i++)
        {
            var query = new VectorQuery { Vector = SampleVectors.Any(random, 1024), Top = 25 };
            (await together.SearchAsync(query)).ShouldBe(await alone.SearchAsync(query));
        }
    }

    [Fact]
    public async Task A_large_index_is_not_searched_by_the_thread_of_the_caller()
    {
        var index = new VectorIndex(Model, 8192, parallelism: 1);
        for (var unit = 0; unit < 1_000; unit++)
        {
            index.Set(unit, Enumerable.Repeat(1f, 8192).ToArray());
        }

        var search = new TaskCompletionSource<Task<IReadOnlyList<VectorHit>>>();
        var calls = 0;
        var caller = new Thread(() =>
        {
            var self = Environment.CurrentManagedThreadId;
            search.SetResult(index.SearchAsync(new()
            {
                Vector = Enumerable.Repeat(1f, 8192).ToArray(),
                Top = 1,
                Filter = _ =>
                {
                    Interlocked.Increment(ref calls);
                    return Environment.CurrentManagedThreadId != self;
                },
            }).AsTask());
        });
        caller.Start();

        (await await search.Task).ShouldHaveSingleItem();
        calls.ShouldBe(1_000);
        caller.Join();
    }

    [Fact]
    public async Task A_search_can_be_cancelled()
    {
        var index = Of(2, (0, [1, 0]));

        await Should.ThrowAsync<OperationCanceledException>(async () =>
            await index.SearchAsync(new() { Vector = new float[] { 1, 0 }, Top = 1 }, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task What_a_filter_throws_reaches_the_caller()
    {
        var index = Of(2, (0, [1, 0]));

        await Should.ThrowAsync<FormatException>(async () =>
            await index.SearchAsync(new() { Vector = new float[] { 1, 0 }, Top = 1, Filter = _ => throw new FormatException() }));
    }

    private static VectorIndex Of(int dimension, params (int Unit, float[] Vector)[] vectors) => Of(vectors.ToDictionary(v => v.Unit, v => v.Vector), dimension);

    private static VectorIndex Of(Dictionary<int, float[]> vectors, int dimension)
    {
        var index = new VectorIndex(Model, dimension);
        foreach (var (unit, vector) in vectors)
        {
            index.Set(unit, vector);
        }

        return index;
    }

    private static ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> Never(IReadOnlyList<int> units, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("Nothing was found that could be rescored.");
}
