using System.Net;

namespace Granary.Llm.Providers;

/// <summary>
/// A call's body, which is not copied. A connection remembers what its socket sent last until it sends again, which is for as long as an answer
/// streams: so the end of a large body goes alone, small enough to be copied by the connection, and the rest is forgotten.
/// </summary>
/// <param name="body">The body.</param>
internal sealed class CallContent(ReadOnlyMemory<byte> body) : HttpContent
{
    /// <summary>Far less than a connection's own buffer holds.</summary>
    private const int LastBytes = 64;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var rest = Math.Max(0, body.Length - LastBytes);
        if (rest > 0)
        {
            await stream.WriteAsync(body[..rest], cancellationToken).ConfigureAwait(false);
        }

        await stream.WriteAsync(body[rest..], cancellationToken).ConfigureAwait(false);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
