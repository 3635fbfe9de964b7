using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Granary.Core.Recall.Vectors;
using Granary.Core.Storage;

namespace Granary.Benchmarks;

/// <summary>
/// Searches for the 10 nearest of clustered unit vectors, on a quiet machine as many threads as it has processors: the index with its exact
/// vectors in a SQLite store, and a float loop over the same vectors, in turns so that both meet the same noise.
/// </summary>
internal static class VectorSearch
{
    private const int Top = 10;
    private const string Model = "benchmark";
    private const string Partition = "benchmark/u/vectors";

    public static async Task RunAsync()
    {
        var table = new Table(
            "Vector search, top 10, exact vectors in SQLite (targets: p99 <= 5 ms at 10k, <= 25 ms at 100k x 1536; ratio >= 0.5; recall >= 0.99)",
            "vectors x dimension", "p50 ms", "p99 ms", "scan p50", "float loop p50", "on all cores", "ratio", "to all cores", "bytes/vector", "rescored", "recall@10", "by bytes", "load ms");
        foreach (var (size, dimension, searches) in (List<(int, int, int)>)[(1_000, 1536, 500), (10_000, 384, 500), (10_000, 1536, 500), (10_000, 3072, 300), (100_000, 384, 300), (100_000, 768, 300), (100_000, 1536, 300)])
        {
            await MeasureAsync(table, size, dimension, searches);
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        table.Print();
    }

    private static async Task MeasureAsync(Table table, int size, int dimension, int searches)
    {
        var sample = new ClusteredVectors(size, dimension);
        await using var measured = await new SqliteStores().OpenAsync();
        var store = measured.Store;
        await StoreAsync(store, sample);
        var (index, loading) = Fill(sample);

        var (found, foundByBytes, rescored) = (0, 0, 0L);
        var query = new VectorQuery
        {
            Vector = default,
            Top = Top,
            Exact = (units, cancel) =>
            {
                rescored += units.Count;
                return LoadAsync(store, units, cancel);
            },
        };
        List<double> whole = [], scans = [], loops = [], parallelLoops = [];
        for (var i = -searches / 10; i < searches; i++)
        {
            var vector = sample.Query();
            var (exact, loop) = await TimeAsync(() => Task.FromResult(sample.Nearest(vector, Top, threads: 1)));
            var (_, parallelLoop) = await TimeAsync(() => Task.FromResult(sample.Nearest(vector, Top, Environment.ProcessorCount)));
            var (quantised, scan) = await TimeAsync(() => index.SearchAsync(query with { Vector = vector, Exact = null }).AsTask());
            var (hits, time) = await TimeAsync(() => index.SearchAsync(query with { Vector = vector }).AsTask());
            if (i < 0)
            {
                rescored = 0;
                continue;
            }

            loops.Add(loop);
            parallelLoops.Add(parallelLoop);
            scans.Add(scan);
            whole.Add(time);
            found += hits.Select(h => h.Unit).Intersect(exact).Count();
            foundByBytes += quantised.Select(h => h.Unit).Intersect(exact).Count();
        }

        double[] sorted = [.. whole.Order()];
        var p50 = Quantiles.Median(whole);
        table.Row(
            string.Create(CultureInfo.InvariantCulture, $"{size:#,0} x {dimension}"), p50, Quantiles.At(sorted, 0.99), Quantiles.Median(scans), Quantiles.Median(loops),
            Quantiles.Median(parallelLoops), Quantiles.Median(loops) / p50, Quantiles.Median(parallelLoops) / p50, (double)index.MemoryBytes / size,
            (double)rescored / searches, (double)found / (Top * searches), (double)foundByBytes / (Top * searches), loading);
    }

    /// <summary>Fills an index through segments, as an activation does.</summary>
    private static (VectorIndex Index, double LoadMilliseconds) Fill(ClusteredVectors sample)
    {
        var source = new VectorIndex(Model, sample.Dimension);
        for (var unit = 0; unit < sample.Size; unit++)
        {
            source.Set(unit, sample.Vector(unit));
        }

        var segments = Enumerable.Range(0, sample.Size).Chunk(VectorSegment.MaxRows(sample.Dimension)).Select(units => source.Encode(units)).ToList();
        var index = new VectorIndex(Model, sample.Dimension);
        var clock = Stopwatch.GetTimestamp();
        foreach (var segment in segments)
        {
            index.Load(VectorSegment.Decode(segment));
        }

        return (index, Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
    }

    private static async Task<(T Result, double Milliseconds)> TimeAsync<T>(Func<Task<T>> action)
    {
        var clock = Stopwatch.GetTimestamp();
        var result = await action();
        return (result, Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
    }

    private static string DocumentId(int unit) => string.Create(CultureInfo.InvariantCulture, $"v:{unit:D8}");

    private static async Task StoreAsync(IPartitionStore store, ClusteredVectors sample)
    {
        var version = PartitionVersion.None;
        var perCommit = Math.Min(StorageLimits.MaxDocumentsPerCommit, StorageLimits.MaxBytesPerCommit / (sizeof(float) * sample.Dimension * 2));
        foreach (var units in Enumerable.Range(0, sample.Size).Chunk(perCommit))
        {
            var result = await store.CommitAsync(new PartitionCommit
            {
                Partition = Partition,
                Expected = version,
                Writes = [.. units.Select(u => DocumentWrite.Put(DocumentId(u), VectorDocument.Encode(Model, sample.Vector(u))))],
            });
            version = result.Version;
        }
    }

    private static async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> LoadAsync(IPartitionStore store, IReadOnlyList<int> units, CancellationToken cancellationToken)
    {
        var ids = units.Select(DocumentId).ToList();
        var page = await store.GetAsync(Partition, ids, cancellationToken);
        var bodies = page.Documents.ToDictionary(d => d.Id, d => d.Body);
        return [.. ids.Select(id => bodies.GetValueOrDefault(id))];
    }

    /// <summary>Unit vectors around centres, about 50 to each, and the loop that searches them exactly.</summary>
    private sealed class ClusteredVectors
    {
        private readonly Random random = new(5);
        private readonly float[][] centres;
        private readonly float[][] vectors;

        public ClusteredVectors(int size, int dimension)
        {
            Dimension = dimension;
            centres = [.. Enumerable.Range(0, size / 50).Select(_ => Around(null))];
            vectors = [.. Enumerable.Range(0, size).Select(_ => Query())];
        }

        public int Dimension { get; }

        public int Size => vectors.Length;

        public ReadOnlySpan<float> Vector(int unit) => vectors[unit];

        public float[] Query() => Around(centres[random.Next(centres.Length)]);

        /// <summary>The baseline: TensorPrimitives.Dot over float arrays, of vectors of length 1.</summary>
        public int[] Nearest(float[] query, int top, int threads)
        {
            var parts = new PriorityQueue<int, float>[threads];
            var perThread = (Size + threads - 1) / threads;
            if (threads == 1)
            {
                Scan(0);
            }
            else
            {
                Parallel.For(0, threads, Scan);
            }

            return [.. parts.SelectMany(p => p.UnorderedItems).OrderByDescending(e => e.Priority).Take(top).Select(e => e.Element)];

            void Scan(int part)
            {
                var best = parts[part] = new PriorityQueue<int, float>(top + 1);
                var floor = float.NegativeInfinity;
                for (var i = part * perThread; i < Math.Min(Size, (part + 1) * perThread); i++)
                {
                    var score = TensorPrimitives.Dot<float>(query, vectors[i]);
                    if (score <= floor)
                    {
                        continue;
                    }

                    best.Enqueue(i, score);
                    if (best.Count > top)
                    {
                        best.Dequeue();
                        best.TryPeek(out _, out floor);
                    }
                }
            }
        }

        private float[] Around(float[]? centre)
        {
            var vector = new float[Dimension];
            for (var i = 0; i < vector.Length; i++)
            {
                var noise = MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle()) / MathF.Sqrt(Dimension);
                vector[i] = (centre?[i] ?? 0) + noise;
            }

            TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
            return vector;
        }
    }
}
