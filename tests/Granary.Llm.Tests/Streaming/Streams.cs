using System.Buffers;
using System.Text;
using Granary.Llm.Streaming;

namespace Granary.Llm.Tests.Streaming;

/// <summary>Short ways to read and write streams.</summary>
internal static class Streams
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static List<StreamEvent> Read(ChatDialect dialect, string stream) => Read(dialect, Encoding.UTF8.GetBytes(stream), int.MaxValue);

    /// <summary>Reads in pieces of a size, then says that no more comes.</summary>
    public static List<StreamEvent> Read(ChatDialect dialect, ReadOnlySpan<byte> stream, int size)
    {
        var adapter = ProtocolAdapterFactory.Create(dialect);
        var events = new List<StreamEvent>();
        while (!stream.IsEmpty)
        {
            var count = Math.Min(size, stream.Length);
            adapter.Read(stream[..count], events);
            stream = stream[count..];
        }

        adapter.End(events);
        return events;
    }

    public static string Write(ChatDialect dialect, params IEnumerable<StreamEvent> events)
    {
        var adapter = ProtocolAdapterFactory.Create(dialect, new FixedTime());
        var output = new ArrayBufferWriter<byte>();
        foreach (var next in events)
        {
            adapter.Write(next, output);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public static ChatResponse Collect(IEnumerable<StreamEvent> events)
    {
        var collector = new AnswerCollector();
        foreach (var next in events)
        {
            collector.Add(next);
        }

        return collector.ToResponse();
    }

    public static MemoryStream Body(string stream) => new(Encoding.UTF8.GetBytes(stream));

    public static async Task<string> ProcessAsync(UnifiedStreamAdapter adapter, Stream source, StreamRelayOptions? options = null)
    {
        var all = new StringBuilder();
        await foreach (var piece in adapter.ProcessStreamAsync(source, options))
        {
            all.Append(Encoding.UTF8.GetString(piece.Span));
        }

        return all.ToString();
    }

    /// <summary>The data of server-sent events, one after another.</summary>
    public static List<string> Data(string stream) =>
        [.. stream.Split('\n').Where(l => l.StartsWith("data: ", StringComparison.Ordinal)).Select(l => l["data: ".Length..])];

    public static StreamEvent Start(string id = "a1", string model = "m", ChatUsage? usage = null) => new(StreamEventKind.Start, Id: id, Name: model, Usage: usage);

    public static StreamEvent Content(string text) => new(StreamEventKind.Content, text);

    public static StreamEvent Reasoning(string text) => new(StreamEventKind.Reasoning, text);

    public static StreamEvent CallStart(int index, string id, string name) => new(StreamEventKind.ToolCallStart, Index: index, Id: id, Name: name);

    public static StreamEvent CallDelta(int index, string text) => new(StreamEventKind.ToolCallDelta, text, index);

    public static StreamEvent CallComplete(int index, string id, string name, string text) => new(StreamEventKind.ToolCallComplete, text, index, id, name);

    public static StreamEvent Usage(int input, int output) => new(StreamEventKind.Usage, Usage: new ChatUsage(input, output));

    public static StreamEvent Stop(ChatFinish finish) => new(StreamEventKind.Stop, Finish: finish);

    public static StreamEvent Done => new(StreamEventKind.Done);

    public static StreamEvent Error(string text) => new(StreamEventKind.Error, text);

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
