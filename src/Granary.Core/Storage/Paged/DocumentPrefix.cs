namespace Granary.Core.Storage.Paged;

/// <summary>The part of a document's id up to its first colon: documents that share it are one log or one map.</summary>
internal static class DocumentPrefix
{
    /// <summary>The prefix with its colon; empty for an id without one.</summary>
    public static ReadOnlySpan<char> Of(string id) => id.AsSpan(0, id.IndexOf(':') + 1);

    /// <summary>Whether two ids have the same prefix; those without any have none in common.</summary>
    public static bool Same(string a, string b)
    {
        var prefix = Of(a);
        return !prefix.IsEmpty && b.AsSpan().StartsWith(prefix, StringComparison.Ordinal);
    }
}
