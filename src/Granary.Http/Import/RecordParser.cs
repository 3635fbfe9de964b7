using System.Text.Json;
using Granary.Http.Serialization;
using Granary.Serialization;

namespace Granary.Http.Import;

/// <summary>Makes records of the lines of an export. <c>type</c> may be anywhere in the line.</summary>
internal static class RecordParser
{
    /// <summary>Parses a line.</summary>
    /// <exception cref="InvalidRequestException">It is no record; the line's number is in the field's name.</exception>
    public static SessionRecord Parse(ReadOnlySpan<byte> line, int number)
    {
        try
        {
            using var document = JsonParser.ParseDocument(line);
            return Parse(document.RootElement);
        }
        catch (InvalidRequestException error)
        {
            throw new InvalidRequestException(At(number, error.Field), error.Rule);
        }
    }

    /// <summary>The name of a field of a line: <c>line 17: messages[0].role</c>.</summary>
    public static string At(int number, string field) => field.Length == 0 || field == "body" ? $"line {number}" : $"line {number}: {field}";

    private static SessionRecord Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException("body", "must be an object");
        }

        if (!root.TryGetProperty("type", out var type))
        {
            throw new InvalidRequestException("type", "is required");
        }

        return (type.ValueKind == JsonValueKind.String ? type.GetString() : null) switch
        {
            "session" => JsonParser.Parse(root, GranaryJson.Default.SessionHeaderRecord, ""),
            "append" => Checked(JsonParser.Parse(root, GranaryJson.Default.AppendRecord, "")),
            "epoch" => Checked(JsonParser.Parse(root, GranaryJson.Default.EpochRecord, "")),
            _ => throw new InvalidRequestException("type", "must be one of session, append, epoch"),
        };
    }

    // The serializer checks properties, but neither items of lists nor parts of positional records.
    private static AppendRecord Checked(AppendRecord record)
    {
        Require(record.Messages, "messages", _ => true);
        return record;
    }

    private static EpochRecord Checked(EpochRecord record)
    {
        var snapshot = record.Snapshot;
        Require(snapshot.Episodes, "snapshot.episodes", episode => episode.Summary is not null);
        Require(snapshot.Facts, "snapshot.facts", fact => fact.Text is not null);
        Require(snapshot.Topics, "snapshot.topics", _ => true);
        Require(record.Kept, "kept", kept => kept.Sequences is not null);
        return record;
    }

    private static void Require<T>(IReadOnlyList<T>? items, string field, Func<T, bool> isWhole)
    {
        if (items is null)
        {
            throw new InvalidRequestException(field, "is required");
        }

        for (var index = 0; index < items.Count; index++)
        {
            if (items[index] is not { } item || !isWhole(item))
            {
                throw new InvalidRequestException($"{field}[{index}]", "must be whole");
            }
        }
    }
}
