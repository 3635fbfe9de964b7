using System.Diagnostics;
using System.Globalization;
using Granary.Core.Recall;

namespace Granary.Benchmarks.Recall;

/// <summary>Recall through the memory's own contract: records of 1,536 numbers each over SQLite, with an embedder that costs next to nothing.</summary>
internal static class RecallMemory
{
    private const int Dimensions = 1_536;
    private const int Together = 100;

    /// <summary>Runs it.</summary>
    public static async Task RunAsync()
    {
        var table = new Table(
            $"recall-memory: records of 12 words with {Dimensions} numbers, top 10 (ratios: to words alone)", "records", "embedding us/record", "words p50 ms", "words p99 ms",
            "vector p50 ms", "vector p99 ms", "hybrid p50 ms", "hybrid p99 ms", "vector ratio", "hybrid ratio", "activation ms");
        int[] sizes = [1_000, 10_000, 100_000];
        foreach (var size in sizes)
        {
            await MeasureAsync(table, size).ConfigureAwait(false);
        }

        table.Print();
    }

    private static async Task MeasureAsync(Table table, int size)
    {
        await using var host = new Host(configure: services => services.AddSingleton<IEmbedder>(new HashEmbedder()));
        var user = host.Cluster.User(new UserKey("bench", "user"));
        var random = new Random(3);
        for (var from = 0; from < size; from += Together)
        {
            await user.RememberAsync(new RememberRequest([.. Enumerable.Range(from, Together).Select(i => new MemoryDraft { Content = $"{Text(random, 11)} {i}" })]));
        }

        var began = Stopwatch.GetTimestamp();
        while ((await user.GetStatsAsync()).PendingVectors > 0)
        {
            await Task.Delay(100);
        }

        var embedding = Stopwatch.GetElapsedTime(began);
        host.Cluster.Forget();
        began = Stopwatch.GetTimestamp();
        await RecallAsync(user, RecallMode.Vector, random);
        var activation = Stopwatch.GetElapsedTime(began);
        var times = new Dictionary<RecallMode, List<double>> { [RecallMode.Keyword] = [], [RecallMode.Vector] = [], [RecallMode.Hybrid] = [] };
        for (var i = -20; i < 200; i++)
        {
            // In turns, so that the machine's other work falls on all of them.
            foreach (var (mode, taken) in times)
            {
                began = Stopwatch.GetTimestamp();
                await RecallAsync(user, mode, random);
                if (i >= 0)
                {
                    taken.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }
            }
        }

        var (words, vector, hybrid) = (times[RecallMode.Keyword], times[RecallMode.Vector], times[RecallMode.Hybrid]);
        table.Row(
            size.ToString("#,0", CultureInfo.InvariantCulture), embedding.TotalMicroseconds / size, Quantiles.Median(words), At99(words), Quantiles.Median(vector), At99(vector),
            Quantiles.Median(hybrid), At99(hybrid), Quantiles.Median(vector) / Quantiles.Median(words), Quantiles.Median(hybrid) / Quantiles.Median(words), activation.TotalMilliseconds);
    }

    private static async Task RecallAsync(IUserMemory user, RecallMode mode, Random random)
    {
        var result = await user.RecallAsync(new RecallRequest { Query = Text(random, 5), Mode = mode });
        if (result.Mode != mode)
        {
            throw new InvalidOperationException($"Recall went by {result.Mode}, not {mode}: {result.Fallback}");
        }
    }

    private static double At99(List<double> times) => Quantiles.At([.. times.Order()], 0.99);

    private static string Text(Random random, int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => $"w{random.Next(1 + random.Next(5_000))}"));

    /// <summary>Texts with words in common have vectors that are near.</summary>
    private sealed class HashEmbedder : IEmbedder
    {
        public string Model => "hash";

        public int Dimensions => RecallMemory.Dimensions;

        public ValueTask<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<float[]>>([.. texts.Select(VectorOf)]);

        private static float[] VectorOf(string text)
        {
            var vector = new float[RecallMemory.Dimensions];
            foreach (var word in text.Split(' '))
            {
                var seed = word.Aggregate(17u, static (hash, c) => (hash * 31) + c) | 1;
                for (var i = 0; i < vector.Length; i++)
                {
                    // Xorshift (Marsaglia 2003).
                    seed ^= seed << 13;
                    seed ^= seed >> 17;
                    seed ^= seed << 5;
                    vector[i] += (int)seed * (1f / int.MaxValue);
                }
            }

            var length = MathF.Sqrt(vector.Sum(static value => value * value));
            return Array.ConvertAll(vector, value => value / length);
        }
    }
}
