namespace Granary.Llm.Providers;

/// <summary>A provider's answer as it comes, whichever client brought it. Disposing it stops the provider's work.</summary>
/// <param name="status">The status.</param>
/// <param name="body">The body.</param>
/// <param name="retryAfter">When to ask again, if the provider says.</param>
/// <param name="owner">What holds the connection.</param>
internal sealed class RawAnswer(int status, Stream body, TimeSpan? retryAfter, IDisposable owner) : IDisposable
{
    public int Status => status;

    public bool IsSuccess => status is >= 200 and < 300;

    public Stream Body => body;

    public TimeSpan? RetryAfter => retryAfter;

    public void Dispose() => owner.Dispose();
}
