using System.Buffers;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Providers;

/// <summary>Reads an answer that comes in pieces.</summary>
/// <param name="answer">The answer.</param>
/// <param name="adapter">Reads its dialect.</param>
/// <param name="names">The way back to the names of the caller's tools; null if they are the provider's.</param>
internal sealed class AnswerStream(RawAnswer answer, ProtocolAdapter adapter, ToolNameMap? names = null) : IDisposable
{
    private const int BufferBytes = 8 * 1024;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private bool _ended;
    private bool _disposed;

    /// <summary>What the last <see cref="ReadAsync"/> brought.</summary>
    public List<StreamEvent> Events { get; } = [];

    /// <summary>Reads until there are events. A source that breaks is an event too.</summary>
    /// <returns>False if nothing more comes.</returns>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        Events.Clear();
        while (!_ended && Events.Count == 0)
        {
            int read;
            try
            {
                read = await answer.Body.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or HttpRequestException)
            {
                // How far it came is what the adapter knows: it tells whether this is an end or a break.
                read = 0;
            }

            if (read > 0)
            {
                adapter.Read(_buffer.AsSpan(0, read), Events);
            }
            else
            {
                _ended = true;
                adapter.End(Events);
            }
        }

        Rename();
        return Events.Count > 0;
    }

    private void Rename()
    {
        for (var i = 0; names is not null && i < Events.Count; i++)
        {
            if (Events[i] is { Kind: StreamEventKind.ToolCallStart or StreamEventKind.ToolCallDelta or StreamEventKind.ToolCallComplete, Name: { } name } call)
            {
                Events[i] = call with { Name = names.Original(name) };
            }
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            answer.Dispose();
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }
}
