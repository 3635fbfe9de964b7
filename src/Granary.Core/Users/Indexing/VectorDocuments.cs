using System.Globalization;
using Granary.Core.Storage;

namespace Granary.Core.Users.Indexing;

/// <summary>The ids of the documents that hold a user's vectors.</summary>
internal static class VectorDocuments
{
    /// <summary>The model and dimension of the vectors made last: a segment without rows. As long as it is missing, no vector was ever stored.</summary>
    public const string Manifest = "v";

    /// <summary>A segment of quantised vectors.</summary>
    public const string SegmentPrefix = "q:";

    /// <summary>The exact vector of a record.</summary>
    public static string Record(string id) => $"v:r:{DocumentIds.Encode(id)}";

    /// <summary>The exact vector of a message.</summary>
    public static string Message(string session, long sequence) => Messages(session) + sequence.ToString("d20", CultureInfo.InvariantCulture);

    /// <summary>All exact vectors of a session.</summary>
    public static DocumentRange Session(string session) => DocumentRange.Prefix(Messages(session));

    /// <summary>A segment's id.</summary>
    public static string Segment(long number) => SegmentPrefix + number.ToString("d20", CultureInfo.InvariantCulture);

    private static string Messages(string session) => $"v:m:{DocumentIds.Encode(session)}:";
}
