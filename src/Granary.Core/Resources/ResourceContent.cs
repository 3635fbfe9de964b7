using System.Text.Json;

namespace Granary.Core.Resources;

/// <summary>Compares resources by what they say. Records compare the lists in them by identity.</summary>
internal static class ResourceContent
{
    /// <summary>Whether two resources are the same but for their revision.</summary>
    public static bool AreSame(MemoryResource left, MemoryResource right) =>
        ReferenceEquals(left, right) || Bytes(left).AsSpan().SequenceEqual(Bytes(right));

    /// <summary>Whether two privacy policies are the same.</summary>
    public static bool AreSame(PrivacyPolicy left, PrivacyPolicy right) =>
        left.RedactionString == right.RedactionString
        && left.RedactPatterns.SequenceEqual(right.RedactPatterns, StringComparer.Ordinal)
        && left.NonPersistableRoles.SequenceEqual(right.NonPersistableRoles);

    private static byte[] Bytes(MemoryResource resource) =>
        JsonSerializer.SerializeToUtf8Bytes(resource with { Revision = 1 }, ResourceJson.Default.MemoryResource);
}
