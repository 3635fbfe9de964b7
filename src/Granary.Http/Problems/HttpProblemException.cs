namespace Granary.Http.Problems;

/// <summary>A refusal that only HTTP knows, so that it has no <see cref="MemoryException"/>.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="code">One of <see cref="HttpErrorCodes"/>.</param>
/// <param name="detail">The case in words, for the caller.</param>
internal sealed class HttpProblemException(int status, string code, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public string Code { get; } = code;
}
