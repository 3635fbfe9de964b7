using System.Globalization;

namespace Granary.Core.Users.Records;

/// <summary>What memory keeps of a record: all that selects it, nothing of its text. Times are UTC ticks, 0 for none.</summary>
internal struct RecordRow
{
    /// <summary>The id, or null where the number and <see cref="Random"/> make it: most ids need no string.</summary>
    public string? Name;
    public uint Random;

    /// <summary>The user's how many-th record it is.</summary>
    public long Number;
    public UInt128 Key;
    public long Created;

    /// <summary>When what it says happened, or else was stored.</summary>
    public long Happened;
    public long Updated;
    public long Accessed;
    public long Expires;

    /// <summary>When it was deleted, or else archived.</summary>
    public long Ended;
    public float Confidence;
    public int Accesses;
    public int Revision;

    /// <summary>Places in the table's list of names.</summary>
    public int Agent;
    public int Category;

    /// <summary>The session that it comes from, a place in the list of names, -1 for none; those beyond the first in <see cref="Sessions"/>.</summary>
    public int Session;
    public int[]? Sessions;
    public byte Kind;
    public byte Importance;

    /// <summary>The last state that the history tells.</summary>
    public byte Told;
    public bool Pinned;

    /// <summary>The next row of the same bucket, by id and by key.</summary>
    public int NextById;
    public int NextByKey;

    public readonly MemoryKind KindOf => (MemoryKind)Kind;

    public readonly MemoryImportance ImportanceOf => (MemoryImportance)Importance;

    /// <summary>The id.</summary>
    public readonly string Id => Name ?? RecordIds.Make(Number, Random);

    public readonly MemoryState StateAt(DateTimeOffset now) => MemoryStates.At((MemoryState)Told, Expires, now);

    /// <summary>Whether it comes from a session, by its place in the list of names.</summary>
    public readonly bool IsFrom(int session) => session >= 0 && (Session == session || (Sessions is not null && Array.IndexOf(Sessions, session) >= 0));

    /// <summary>When it was last used or changed.</summary>
    public readonly long LastActivity => Math.Max(Updated, Accessed);

    /// <summary>The row of a record.</summary>
    /// <param name="document">The record.</param>
    /// <param name="names">Gets the names that the row refers to.</param>
    public static RecordRow Of(RecordDocument document, NameList names)
    {
        var record = document.Record;
        var generated = RecordIds.TryParse(record.Id, out var number, out var random) && number == document.Number;
        var session = record.Sources.Count == 0 ? NameList.None : names.Add(record.Sources[0].SessionId);
        return new RecordRow
        {
            Name = generated ? null : record.Id,
            Random = generated ? random : 0,
            Number = document.Number,
            Key = document.Key,
            Created = record.CreatedAt.UtcTicks,
            Happened = (record.EventTime ?? record.CreatedAt).UtcTicks,
            Updated = record.UpdatedAt.UtcTicks,
            Accessed = record.LastAccessed?.UtcTicks ?? 0,
            Expires = record.ExpiresAt?.UtcTicks ?? 0,
            Ended = (record.DeletedAt ?? record.ArchivedAt)?.UtcTicks ?? 0,
            Confidence = (float)record.Confidence,
            Accesses = record.AccessCount,
            Revision = record.Revision,
            Agent = names.Add(record.AgentId),
            Category = names.Add(record.Category),
            Session = session,
            Sessions = OtherSessions(record.Sources, session, names),
            Kind = (byte)record.Kind,
            Importance = (byte)record.Importance,
            Told = (byte)record.State,
            Pinned = record.Pinned,
        };
    }

    private static int[]? OtherSessions(IReadOnlyList<MemorySource> sources, int first, NameList names)
    {
        List<int>? others = null;
        for (var i = 1; i < sources.Count; i++)
        {
            var place = names.Add(sources[i].SessionId);
            if (place != first && others?.Contains(place) != true)
            {
                (others ??= []).Add(place);
            }
        }

        return others?.ToArray();
    }

    public readonly double RetentionAt(DateTimeOffset now) => RetentionScore.Of(
        ImportanceOf, Confidence, Accesses, new TimeSpan(now.UtcTicks - (Accessed > 0 ? Accessed : Created)), new TimeSpan(now.UtcTicks - Created));
}

/// <summary>Ids that the memory gives: <c>mem_</c>, the record's number, 32 random bits.</summary>
internal static class RecordIds
{
    private const string Prefix = "mem_";
    private const int Length = 20;

    public static string Make(long number, uint random) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:x8}{random:x8}");

    /// <summary>The parts of an id that <see cref="Make"/> gives.</summary>
    public static bool TryParse(string id, out long number, out uint random)
    {
        (number, random) = (0, 0);
        return id.Length == Length && id.StartsWith(Prefix, StringComparison.Ordinal)
            && !id.AsSpan(Prefix.Length).ContainsAnyInRange('A', 'F')
            && long.TryParse(id.AsSpan(Prefix.Length, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            && uint.TryParse(id.AsSpan(Prefix.Length + 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out random);
    }
}
