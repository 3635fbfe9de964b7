namespace Granary.Client.Http;

/// <summary>An answer whose body is still coming.</summary>
internal sealed class OpenAnswer(HttpResponseMessage response, Stream body) : IDisposable
{
    public Stream Body => body;

    public static async Task<OpenAnswer> OfAsync(
        HttpResponseMessage response, TimeSpan longestPause, TimeProvider time, CancellationToken cancellationToken) =>
        new(response, new WatchedStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), longestPause, time));

    public void Dispose()
    {
        body.Dispose();
        response.Dispose();
    }
}
