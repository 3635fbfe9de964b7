using System.Net;

namespace Granary.Client.Http;

/// <summary>A body that is written while it is sent and cannot be written twice.</summary>
internal sealed class OnceContent : HttpContent
{
    private readonly Func<Stream, Task> _write;

    public OnceContent(string mediaType, Func<Stream, Task> write)
    {
        _write = write;
        Headers.ContentType = new(mediaType);
    }

    /// <summary>Whether writing has begun.</summary>
    public bool Started { get; private set; }

    /// <summary>Completes when writing has ended, however it did; at once if it has not begun.</summary>
    public Task Written { get; private set; } = Task.CompletedTask;

    /// <summary>What the body's source threw, so that the caller sees it and not the broken upload that follows from it.</summary>
    public Exception? SourceError { get; set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Started)
            throw new InvalidOperationException("The body was sent already.");
        Started = true;
        return Written = _write(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    // Requests dispose their content; a later attempt may still need this one.
    protected override void Dispose(bool disposing)
    {
    }
}
