using System.Runtime.InteropServices;
using System.Text.Json;
using Granary.Core.Storage;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions.Documents;

/// <summary>
/// One append: its messages and the session's counters after it. Written by hand because it is on the path of every append; sequences and
/// turns are not stored but follow from the document's id and the counters.
/// </summary>
/// <param name="Entries">The messages with their tokens.</param>
/// <param name="Counters">The session's counters after the append.</param>
/// <param name="KeyHash">Hash of the idempotency key, or null.</param>
/// <param name="Supersedes">
/// The first of the messages that left the view with this append: all from there up to its own first message, system messages apart. Null for none.
/// </param>
internal sealed record AppendDocument(IReadOnlyList<TranscriptEntry> Entries, SessionCounters Counters, UInt128? KeyHash, long? Supersedes = null)
{
    private const int Version = 1;

    /// <summary>The sequence of the first message.</summary>
    public long First => Entries[0].Message.Sequence;

    public byte[] Encode() => DocumentJson.Encode(this, static (writer, document) => document.Write(writer));

    public static AppendDocument Decode(Document document) =>
        Decode(SessionDocumentIds.Number(document.Id), document.Body.Span);

    public static AppendDocument Decode(long first, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        DocumentJson.Begin(ref reader, Version);
        var counters = default(SessionCounters);
        UInt128? key = null;
        long? supersedes = null;
        var entries = new List<TranscriptEntry>(2);
        while (DocumentJson.NextProperty(ref reader, out var name))
        {
            switch (name)
            {
                case 'c':
                    counters = ReadCounters(ref reader);
                    break;
                case 'k':
                    key = UInt128.Parse(reader.GetString()!, System.Globalization.NumberStyles.AllowHexSpecifier, null);
                    break;
                case 's':
                    supersedes = reader.GetInt64();
                    break;
                case 'm':
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        entries.Add(MessageCodec.Read(ref reader));
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        entries.TrimExcess();
        var all = CollectionsMarshal.AsSpan(entries);
        var turn = counters.Turns;
        foreach (var entry in all)
        {
            turn -= entry.Message.Role == MessageRole.User ? 1 : 0;
        }

        var storedAt = DateTimeOffset.FromUnixTimeMilliseconds(counters.StoredAt);
        for (var i = 0; i < all.Length; i++)
        {
            var message = all[i].Message;
            turn += message.Role == MessageRole.User ? 1 : 0;
            all[i] = all[i] with
            {
                Message = message with
                {
                    Sequence = first + i,
                    Turn = turn,
                    Id = message.Id ?? GeneratedId(first + i),
                    Timestamp = message.Timestamp ?? storedAt,
                },
                Document = first,
            };
        }

        return new AppendDocument(entries, counters, key, supersedes);
    }

    /// <summary>The id of a message whose caller gave none.</summary>
    public static string GeneratedId(long sequence) => string.Create(null, stackalloc char[32], $"msg_{sequence}");

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("v"u8, Version);
        writer.WriteStartArray("c"u8);
        writer.WriteNumberValue(Counters.LastSequence);
        writer.WriteNumberValue(Counters.Turns);
        writer.WriteNumberValue(Counters.Tokens);
        writer.WriteNumberValue(Counters.Keyed);
        writer.WriteNumberValue(Counters.System);
        writer.WriteNumberValue(Counters.User);
        writer.WriteNumberValue(Counters.Assistant);
        writer.WriteNumberValue(Counters.Tool);
        writer.WriteNumberValue(Counters.StoredAt);
        if (Counters.Superseded > 0)
        {
            writer.WriteNumberValue(Counters.Superseded);
        }

        writer.WriteEndArray();
        if (KeyHash is { } key)
        {
            writer.WriteString("k"u8, string.Create(null, stackalloc char[32], $"{key:x32}"));
        }

        if (Supersedes is { } supersedes)
        {
            writer.WriteNumber("s"u8, supersedes);
        }

        writer.WriteStartArray("m"u8);
        for (var i = 0; i < Entries.Count; i++)
        {
            MessageCodec.Write(writer, Entries[i], Counters.StoredAt);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static SessionCounters ReadCounters(ref Utf8JsonReader reader)
    {
        Span<long> values = stackalloc long[10];
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i < values.Length)
            {
                values[i] = reader.GetInt64();
            }
        }

        return new SessionCounters
        {
            LastSequence = values[0],
            Turns = (int)values[1],
            Tokens = values[2],
            Keyed = values[3],
            System = values[4],
            User = values[5],
            Assistant = values[6],
            Tool = values[7],
            StoredAt = values[8],
            Superseded = values[9],
        };
    }
}
