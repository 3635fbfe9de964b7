using Granary.Core.Recall.Lexical;
using Granary.Core.Reflection;
using Granary.Core.Sessions.Documents;

namespace Granary.Core.Users.Indexing;

/// <summary>
/// The recall index of one user: memory records and the messages of all sessions, with what of which session it covers. Changes are made under
/// <see cref="Gate"/>, one after the other; queries of <see cref="Lexical"/> run beside them.
/// </summary>
internal sealed class UserIndex
{
    /// <summary>Of a longer text only the beginning is indexed, in characters.</summary>
    private const int MaxIndexed = 64 * 1024;

    /// <summary>The same for what a tool answered: mostly data, seldom asked for by its words.</summary>
    private const int MaxIndexedOfTools = 4 * 1024;

    private readonly Dictionary<string, IndexedSession> _sessions = new(StringComparer.Ordinal);

    /// <summary>Guards changes. Never held across an await.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The index itself.</summary>
    public LexicalIndex Lexical { get; } = new();

    /// <summary>The vectors of what is in the index; null where there is no embedder, or before they were read. Under the gate.</summary>
    public UserVectors? Vectors { get; set; }

    /// <summary>Messages in the index. Under the gate.</summary>
    public long Messages => _sessions.Values.Sum(static session => (long)session.Messages);

    /// <summary>The sessions. Under the gate.</summary>
    public IEnumerable<IndexedSession> Sessions => _sessions.Values;

    /// <summary>A session; made if it is new. Under the gate.</summary>
    public IndexedSession Session(string id)
    {
        if (!_sessions.TryGetValue(id, out var session))
        {
            _sessions.Add(id, session = new IndexedSession(id));
        }

        return session;
    }

    /// <summary>Adds what of an append is not covered yet. Under the gate.</summary>
    public void Add(IndexedSession session, AppendDocument append)
    {
        session.AddDocument(append.First);
        session.Unsealed.Documents.Add(append.First);
        if (append.Supersedes is { } from)
        {
            session.Unsealed.Superseded.Add((from, append.First - 1));
            Supersede(session, from, append.First - 1);
        }

        foreach (var entry in append.Entries)
        {
            var message = entry.Message;
            if (session.MemoryCalls.IsAnswer(message))
            {
                continue;
            }

            if (session.Covered.NextGap(message.Sequence).From != message.Sequence || session.IsSuperseded(message.Sequence) || TextOf(message) is not { } text)
            {
                continue;
            }

            var unit = Lexical.Add(new RecallUnit
            {
                Kind = UnitKind.Message,
                Source = session.Id,
                Sequence = message.Sequence,
                Role = message.Role,
                Name = message.Name,
                Agent = session.Agent ?? Ids.DefaultAgent,
                Time = message.Timestamp ?? DateTimeOffset.UnixEpoch,
                Text = text,
                Tokens = entry.Tokens,
            });
            Vectors?.Added(unit);
            session.Messages++;
        }

        session.Covered.Add(append.First, append.First + append.Entries.Count - 1);
        session.Unsealed.Covered.Add(append.First, append.First + append.Entries.Count - 1);
    }

    /// <summary>Adds or replaces a record. Under the gate.</summary>
    /// <param name="record">The record.</param>
    /// <param name="tokens">Tokens of its text.</param>
    /// <param name="text">Tells its text from others that it had.</param>
    public void Put(MemoryRecord record, int tokens, ulong text)
    {
        Vectors?.Moving(UserVectors.FirstPassage(Lexical, UnitKind.Fact, record.Id, 0), Lexical.UnitCount, text);
        var unit = Lexical.Add(UnitOf(record, tokens));
        Vectors?.Added(unit);
    }

    /// <summary>A record as a unit of recall.</summary>
    public static RecallUnit UnitOf(MemoryRecord record, int tokens) => new()
    {
        Kind = KindOf(record.Kind),
        Source = record.Id,
        Agent = record.AgentId,
        Time = record.EventTime ?? record.CreatedAt,
        Text = record.Content,
        Repeats = record.Origin == MemoryOrigin.Repeated,
        Tokens = tokens,
        ValidFrom = record.ValidFrom,
        ValidTo = record.ValidTo,
        Importance = record.Importance switch { MemoryImportance.High => 1f, MemoryImportance.Low => 0f, _ => 0.5f },
        Confidence = (float)record.Confidence,
        Accesses = record.AccessCount,
    };

    /// <summary>Takes a record out. Under the gate.</summary>
    public void RemoveRecord(string id) => Lexical.RemoveSource(id, isSession: false);

    /// <summary>Takes an erased session out. Under the gate.</summary>
    public void RemoveSession(string id)
    {
        if (_sessions.TryGetValue(id, out var session))
        {
            session.Clear();
            Lexical.RemoveSource(id, isSession: true);
        }
    }

    /// <summary>Takes out what a segment covers, so that it is read again. Under the gate.</summary>
    public void Uncover(SessionStretch stretch)
    {
        var session = Session(stretch.Session);
        foreach (var (from, to) in stretch.Covered.Stretches)
        {
            TakeOut(session, from, to);
            session.Covered.Remove(from, to);
        }
    }

    /// <summary>The passages of messages from one number up to another, to be stored. Under the gate.</summary>
    public byte[] EncodePostings(int from, int to) => SegmentCodec.Encode(Segments.Take(Lexical, from, to, messagesOnly: true));

    /// <summary>What was added to the sessions since the last call. Under the gate.</summary>
    public List<SessionStretch> TakeUnsealed()
    {
        var stretches = new List<SessionStretch>();
        foreach (var session in _sessions.Values)
        {
            if (!session.Unsealed.IsEmpty)
            {
                stretches.Add(session.Unsealed);
                session.Seal();
            }
        }

        return stretches;
    }

    /// <summary>Takes over a stored segment. Under the gate.</summary>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public void Load(IReadOnlyList<SessionStretch> stretches, ReadOnlySpan<byte> postings)
    {
        var segment = SegmentCodec.Decode(postings);
        Segments.Put(Lexical, segment);
        foreach (var unit in segment.Units)
        {
            if ((unit.Traits & UnitTraits.Continued) == 0)
            {
                Session(segment.Sources[unit.Source].Id).Messages++;
            }
        }

        foreach (var stretch in stretches)
        {
            Cover(stretch);
        }
    }

    private void Cover(SessionStretch stretch)
    {
        var session = Session(stretch.Session);
        session.Agent ??= stretch.Agent;
        foreach (var (from, to) in stretch.Covered.Stretches)
        {
            session.Covered.Add(from, to);
        }

        foreach (var first in stretch.Documents)
        {
            session.AddDocument(first);
        }

        foreach (var (from, to) in stretch.Superseded)
        {
            Supersede(session, from, to);
        }
    }

    /// <summary>Takes messages out that left the view, and remembers it. Under the gate.</summary>
    public void Supersede(IndexedSession session, long from, long to)
    {
        session.AddSuperseded(from, to);
        for (var sequence = from; Vectors is { } vectors && sequence <= to; sequence++)
        {
            vectors.Orphan(session.Id, sequence);
        }

        TakeOut(session, from, to);
    }

    /// <summary>The kind of a record as the index knows it.</summary>
    public static UnitKind KindOf(MemoryKind kind) => kind switch
    {
        MemoryKind.Fact => UnitKind.Fact,
        MemoryKind.Insight => UnitKind.Insight,
        MemoryKind.Summary => UnitKind.Summary,
        MemoryKind.Interaction => UnitKind.Interaction,
        _ => UnitKind.Profile,
    };

    private void TakeOut(IndexedSession session, long from, long to)
    {
        for (var sequence = from; sequence <= to; sequence++)
        {
            session.Messages -= Lexical.Remove(UnitKind.Message, session.Id, sequence) ? 1 : 0;
        }
    }

    /// <summary>What was said, without what memory put into it.</summary>
    private static string? TextOf(Message message)
    {
        if (message.Role == MessageRole.System)
        {
            return null;
        }

        var text = InjectedText.Strip(message.Content);
        var most = message.Role == MessageRole.Tool ? MaxIndexedOfTools : MaxIndexed;
        return string.IsNullOrWhiteSpace(text) ? null : text.Length <= most ? text : text[..most];
    }
}
