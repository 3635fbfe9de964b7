namespace Granary.Llm.Streaming;

/// <summary>Ids for what a provider gave none.</summary>
internal static class StreamIds
{
    /// <summary>An id that nobody else has: the prefix and 32 digits.</summary>
    public static string New(string prefix) => $"{prefix}{Guid.NewGuid():N}";
}
