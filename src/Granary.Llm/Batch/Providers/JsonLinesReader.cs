using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Granary.Llm.Batch.Providers;

/// <summary>Reads JSON Lines as they come. A line that is longer than the limit is passed over: it is an answer that cannot be kept, and the others can.</summary>
internal static class JsonLinesReader
{
    // A line's bytes are looked at again with each piece that it comes in.
    private const int PieceBytes = 64 * 1024;

    /// <exception cref="System.Text.Json.JsonException">A line is no JSON; the last one as a rule, where the connection broke.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async IAsyncEnumerable<JsonObject> ReadAsync(Stream body, int maxLineBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: PieceBytes, leaveOpen: true));
        try
        {
            var passesOver = false;
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, end);
                    rest = rest.Slice(rest.GetPosition(1, end));
                    if (!passesOver && line.Length <= maxLineBytes && Parse(line) is { } json)
                    {
                        yield return json;
                    }

                    passesOver = false;
                }

                if (read.IsCompleted)
                {
                    if (!passesOver && rest.Length <= maxLineBytes && Parse(rest) is { } last)
                    {
                        yield return last;
                    }

                    yield break;
                }

                if (rest.Length > maxLineBytes || passesOver)
                {
                    passesOver = true;
                    rest = rest.Slice(rest.End);
                }

                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static JsonObject? Parse(in ReadOnlySequence<byte> line)
    {
        var bytes = line.IsSingleSegment ? line.First.Span : line.ToArray();
        return bytes.IndexOfAnyExcept(" \t\r"u8) < 0 ? null : JsonNode.Parse(bytes) as JsonObject;
    }
}
