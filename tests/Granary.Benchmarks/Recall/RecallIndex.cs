using System.Diagnostics;
using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;

namespace Granary.Benchmarks.Recall;

/// <summary>What the recall index costs: adding, memory, storing, loading, asking, beside one bare pass over the units asked about.</summary>
internal static class RecallIndex
{
    private const int SessionLength = 24;

    /// <summary>Runs it.</summary>
    public static Task RunAsync()
    {
        var table = new Table(
            "recall-index: made-up turns of about 24 words (Zipf), queries of 10 terms", "units", "add us", "bytes/unit", "stored bytes/unit", "load ms",
            "query CPU ms", "query p50 ms", "query p99 ms", "filtered p99 ms", "sessions p99 ms", "bare pass p50 ms");
        foreach (var count in (ReadOnlySpan<int>)[1_000, 10_000, 100_000])
        {
            Measure(table, count);
        }

        table.Print();
        return Task.CompletedTask;
    }

    private static void Measure(Table table, int count)
    {
        var texts = new MadeUpTexts(11);
        var units = Enumerable.Range(0, count).Select(i => Unit(texts, i)).ToArray();
        Warm(units);

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var index = new LexicalIndex();
        var watch = Stopwatch.StartNew();
        foreach (var unit in units)
        {
            index.Add(unit);
        }

        var add = watch.Elapsed.TotalMicroseconds / count;
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)count;
        var segments = new List<byte[]>();
        for (var from = 0; from < index.UnitCount; from += Segments.Size)
        {
            segments.Add(SegmentCodec.Encode(Segments.Take(index, from, Math.Min(index.UnitCount, from + Segments.Size))));
        }

        watch.Restart();
        var loaded = new LexicalIndex();
        foreach (var segment in segments)
        {
            Segments.Put(loaded, SegmentCodec.Decode(segment));
        }

        var load = watch.Elapsed.TotalMilliseconds;
        var recaller = new Recaller(loaded, new RecallOptions());
        var sentences = Array.ConvertAll(units, static unit => unit.Text);
        var queries = Enumerable.Range(0, 1_000).Select(_ => texts.Question(sentences)).ToArray();
        UnitFilter filter = static (in UnitEntry unit, LexicalIndex _) => unit.Role == MessageRole.User;
        var plain = Time(queries, text => recaller.Recall(new RecallQuery { Text = text, Limit = 25 }));
        var filtered = Time(queries, text => recaller.Recall(new RecallQuery { Text = text, Limit = 25, Filter = filter }));
        var sessions = Time(queries, text => recaller.RecallSessions(new RecallQuery { Text = text, Limit = 10 }));
        var bare = Time(queries, _ => Pass(loaded));
        table.Row(
            count, add, bytes, segments.Sum(s => (double)s.Length) / count, load, plain.Cpu, plain.Median, plain.P99, filtered.P99, sessions.P99, bare.Median);
    }

    private static void Warm(RecallUnit[] units)
    {
        var index = new LexicalIndex();
        foreach (var unit in units.Take(2_000))
        {
            index.Add(unit);
        }

        var recaller = new Recaller(index, new RecallOptions());
        for (var i = 0; i < 300; i++)
        {
            recaller.Recall(new RecallQuery { Text = units[i].Text });
        }
    }

    /// <summary>Wall time in order, and the mean of processor time, which other programs on the machine disturb less.</summary>
    private static (double Median, double P99, double Cpu) Time(string[] queries, Action<string> run)
    {
        var times = new double[queries.Length];
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < queries.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            run(queries[i]);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        var cpu = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / queries.Length;
        Array.Sort(times);
        return (times[times.Length / 2], times[times.Length * 99 / 100], cpu);
    }

    private static void Pass(LexicalIndex index)
    {
        var sum = 0L;
        foreach (ref readonly var unit in index.Units[..index.UnitCount])
        {
            sum += unit.Length;
        }

        GC.KeepAlive(sum);
    }

    private static RecallUnit Unit(MadeUpTexts texts, int number) => new()
    {
        Source = $"session-{number / SessionLength}",
        Sequence = (number % SessionLength) + 1,
        Role = number % 2 == 0 ? MessageRole.User : MessageRole.Assistant,
        Time = DateTimeOffset.UnixEpoch.AddDays(20_000 + (number / SessionLength)),
        Text = texts.Sentence(),
        Tokens = 20,
    };
}
