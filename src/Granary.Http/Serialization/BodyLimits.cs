namespace Granary.Http.Serialization;

/// <summary>What a JSON body may be.</summary>
internal static class BodyLimits
{
    /// <summary>The largest JSON body in bytes: 1 MiB.</summary>
    public const int MaxBytes = MessageLimits.MaxRequestBytes;

    /// <summary>The deepest nesting of JSON, in bodies and in lines of an import.</summary>
    public const int MaxDepth = 64;
}
