namespace Granary.Client;

/// <summary>What the client knows about an error beyond its type.</summary>
public static class MemoryExceptionExtensions
{
    private const string TraceIdEntry = "granary.trace_id";
    private const string IdempotencyKeyEntry = "granary.idempotency_key";

    /// <summary>The service's trace id of the call that failed, which finds it in the service's log; null if there was no answer.</summary>
    public static string? GetTraceId(this MemoryException error) => Get(error, TraceIdEntry);

    /// <summary>
    /// The idempotency key of the append that failed, given or made by the client: with it the append can be repeated safely. Null for other calls.
    /// </summary>
    public static string? GetIdempotencyKey(this MemoryException error) => Get(error, IdempotencyKeyEntry);

    internal static T With<T>(this T error, string? traceId = null, string? idempotencyKey = null)
        where T : MemoryException
    {
        if (traceId is not null)
            error.Data[TraceIdEntry] = traceId;
        if (idempotencyKey is not null)
            error.Data[IdempotencyKeyEntry] = idempotencyKey;
        return error;
    }

    private static string? Get(MemoryException error, string entry)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.Data[entry] as string;
    }
}
