using System.Globalization;
using Granary.Core.Storage;

namespace Granary.Core.Users.Records;

/// <summary>The ids of the documents that hold a user's memory records.</summary>
internal static class RecordDocumentIds
{
    /// <summary>Counters of the user.</summary>
    public const string Head = "u";

    /// <summary>A record as it is now.</summary>
    public const string RecordPrefix = "r:";

    /// <summary>What was written first of a change that takes several commits.</summary>
    public const string RedoPrefix = "b:";

    public static string Record(string id) => RecordPrefix + DocumentIds.Encode(id);

    /// <summary>A closed run of a record's history.</summary>
    public static string Run(string id, int run) => string.Create(CultureInfo.InvariantCulture, $"y:{DocumentIds.Encode(id)}:{run:d10}");

    /// <summary>All closed runs of a record's history.</summary>
    public static DocumentRange Runs(string id) => DocumentRange.Prefix($"y:{DocumentIds.Encode(id)}:");

    /// <summary>Says that a record came from more sessions than its list of sources holds.</summary>
    public const string CrowdedPrefix = "c:";

    /// <inheritdoc cref="CrowdedPrefix"/>
    public static string Crowded(string id) => CrowdedPrefix + DocumentIds.Encode(id);

    public static string Redo(long change) => string.Create(CultureInfo.InvariantCulture, $"{RedoPrefix}{change:d20}");
}
