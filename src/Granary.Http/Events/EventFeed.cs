using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;

namespace Granary.Http.Events;

/// <summary>Writes server-sent events (WHATWG HTML, section 9.2). Each write waits for the reader, so that a slow one holds back its feed and no memory.</summary>
internal sealed class EventFeed(PipeWriter output)
{
    /// <summary>Milliseconds after which a client whose feed has ended comes back.</summary>
    private const int RetryMilliseconds = 2_000;

    /// <summary>Begins the feed.</summary>
    /// <returns>Whether the reader is still there; so do the others.</returns>
    public ValueTask<bool> BeginAsync(CancellationToken cancellationToken)
    {
        Text(string.Create(CultureInfo.InvariantCulture, $"retry: {RetryMilliseconds}\n\n"));
        return FlushAsync(cancellationToken);
    }

    /// <summary>A comment, so that nothing on the way takes the feed for dead.</summary>
    public ValueTask<bool> HeartbeatAsync(CancellationToken cancellationToken)
    {
        output.Write(": \n\n"u8);
        return FlushAsync(cancellationToken);
    }

    /// <summary>A message. Its id is its sequence, which a client that comes back names as the last it has seen.</summary>
    public ValueTask<bool> MessageAsync(Message message, CancellationToken cancellationToken)
    {
        Text(string.Create(CultureInfo.InvariantCulture, $"id: {message.Sequence}\nevent: message\ndata: "));
        JsonAnswer.Append(output, message, GranaryJson.Default.Message);
        output.Write("\n\n"u8);
        return FlushAsync(cancellationToken);
    }

    /// <summary>An event about the session.</summary>
    public ValueTask<bool> SessionAsync(SessionEventKind kind, SessionEventData data, CancellationToken cancellationToken)
    {
        output.Write(kind switch
        {
            SessionEventKind.Session => "event: session\ndata: "u8,
            SessionEventKind.Ended => "event: ended\ndata: "u8,
            SessionEventKind.Deleted => "event: deleted\ndata: "u8,
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        });
        JsonAnswer.Append(output, data, GranaryJson.Default.SessionEventData);
        output.Write("\n\n"u8);
        return FlushAsync(cancellationToken);
    }

    private void Text(string text) => Encoding.UTF8.GetBytes(text, output);

    private async ValueTask<bool> FlushAsync(CancellationToken cancellationToken) => !(await output.FlushAsync(cancellationToken)).IsCompleted;
}
