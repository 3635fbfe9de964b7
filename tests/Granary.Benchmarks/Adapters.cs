using System.Buffers;
using System.Net.ServerSentEvents;
using Granary.Llm;
using Granary.Llm.Streaming;

namespace Granary.Benchmarks;

/// <summary>Streams of each dialect to events and back, beside a bare parse of the same server-sent events that only cuts them apart.</summary>
internal static class Adapters
{
    private const int Deltas = 10_000;
    private const int Fragment = 4 * 1024;
    private const int Rounds = 21;

    /// <summary>Until the code is compiled for good: the first dialect must not pay for the others.</summary>
    private const int Warmup = 40;

    public static Task RunAsync()
    {
        var table = new Table(
            $"Streams of {Deltas:N0} pieces of text in fragments of {Fragment:N0} bytes, medians of {Rounds}; bare: System.Net.ServerSentEvents (Ollama: lines) over the same bytes",
            "", "MB", "bare MB/s", "cut MB/s", "read MB/s", "of bare", "ns/event", "bytes/event", "write MB/s", "ns/event");
        foreach (var dialect in Enum.GetValues<ChatDialect>())
        {
            Measure(dialect, table);
        }

        table.Print();
        return Task.CompletedTask;
    }

    private static void Measure(ChatDialect dialect, Table table)
    {
        var events = Events();
        var output = new ArrayBufferWriter<byte>();
        Write(dialect, events, output);
        var stream = output.WrittenSpan.ToArray();
        var bare = new List<double>();
        var cut = new List<double>();
        var read = new List<double>();
        var write = new List<double>();
        var allocated = new List<double>();
        for (var round = -Warmup; round < Rounds; round++)
        {
            var bareTime = Time(() => Bare(dialect, stream));
            var cutTime = Time(() => Cut(dialect, stream));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var readTime = Time(() => Read(dialect, stream));
            var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            var writeTime = Time(() =>
            {
                output.ResetWrittenCount();
                Write(dialect, events, output);
            });
            if (round >= 0)
            {
                bare.Add(bareTime);
                cut.Add(cutTime);
                read.Add(readTime);
                write.Add(writeTime);
                allocated.Add(bytes);
            }
        }

        var megabytes = stream.Length / 1e6;
        table.Row(
            dialect.ToString(),
            megabytes,
            megabytes / Quantiles.Median(bare),
            megabytes / Quantiles.Median(cut),
            megabytes / Quantiles.Median(read),
            Quantiles.Median(bare.Zip(read, (b, r) => b / r)),
            Quantiles.Median(read) * 1e9 / Deltas,
            Quantiles.Median(allocated) / Deltas,
            megabytes / Quantiles.Median(write),
            Quantiles.Median(write) * 1e9 / Deltas);
    }

    private static double Time(Action action)
    {
        // The processor's time: what else the machine does does not count.
        var before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static List<StreamEvent> Events()
    {
        string[] words = ["The", " weather", " in", " München", " is", " mild", ",", " \"18 °C\"", ".\n", " And"];
        return
        [
            new StreamEvent(StreamEventKind.Start, Id: "chatcmpl-9lMgfRSWPHcw51s6wxKT1YEO2CKpd", Name: "gpt-4o-mini-2024-07-18"),
            .. Enumerable.Range(0, Deltas).Select(i => new StreamEvent(StreamEventKind.Content, words[i % words.Length])),
            new StreamEvent(StreamEventKind.Stop, Finish: ChatFinish.Stop),
            new StreamEvent(StreamEventKind.Usage, Usage: new ChatUsage(100, Deltas)),
            new StreamEvent(StreamEventKind.Done),
        ];
    }

    private static void Write(ChatDialect dialect, List<StreamEvent> events, ArrayBufferWriter<byte> output)
    {
        var adapter = ProtocolAdapterFactory.Create(dialect);
        foreach (var next in events)
        {
            adapter.Write(next, output);
        }
    }

    private static void Read(ChatDialect dialect, ReadOnlySpan<byte> stream)
    {
        var adapter = ProtocolAdapterFactory.Create(dialect);
        var events = new List<StreamEvent>();
        var texts = 0;
        while (!stream.IsEmpty)
        {
            adapter.Read(Next(ref stream), events);
            texts += Texts(events);
        }

        adapter.End(events);
        Check(texts + Texts(events), Deltas);
    }

    private static int Texts(List<StreamEvent> events)
    {
        var texts = 0;
        foreach (var next in events)
        {
            texts += next.Kind == StreamEventKind.Content ? 1 : 0;
        }

        events.Clear();
        return texts;
    }

    /// <summary>Our own cutting alone, without a look at the data.</summary>
    private static void Cut(ChatDialect dialect, ReadOnlySpan<byte> stream)
    {
        IFrameReader reader = dialect == ChatDialect.Ollama ? new JsonLinesReader() : new SseReader();
        var found = 0;
        while (!stream.IsEmpty)
        {
            var fragment = Next(ref stream);
            while (reader.TryRead(ref fragment, out _))
            {
                found++;
            }
        }

        Check(found, Deltas);
    }

    private static void Bare(ChatDialect dialect, byte[] stream)
    {
        var found = 0;
        if (dialect == ChatDialect.Ollama)
        {
            for (ReadOnlySpan<byte> rest = stream; !rest.IsEmpty; found++)
            {
                rest = rest[(rest.IndexOf((byte)'\n') + 1)..];
            }
        }
        else
        {
            var parser = SseParser.Create(new Fragments(stream), (_, data) => data.Length);
            foreach (var _ in parser.Enumerate())
            {
                found++;
            }
        }

        Check(found, Deltas);
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> stream)
    {
        var fragment = stream[..Math.Min(Fragment, stream.Length)];
        stream = stream[fragment.Length..];
        return fragment;
    }

    private static void Check(int found, int least)
    {
        if (found < least)
        {
            throw new InvalidOperationException($"{found} of {least} events were found.");
        }
    }

    private sealed class Fragments(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(Fragment, buffer.Length)]);
    }
}
