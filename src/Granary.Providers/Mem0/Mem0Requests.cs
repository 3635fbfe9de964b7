using System.Buffers;
using System.Text.Json;

namespace Granary.Providers.Mem0;

/// <summary>Bodies of requests.</summary>
internal static class Mem0Requests
{
    /// <summary>An addition: the text as it is, from which nothing is to be concluded, and at once where the service can.</summary>
    public static ReadOnlyMemory<byte> Add(bool older, Mem0Addition addition) => Write(writer =>
    {
        writer.WriteStartArray("messages");
        writer.WriteStartObject();
        writer.WriteString("role", "user");
        writer.WriteString("content", addition.Draft.Content);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteString("user_id", addition.Mark.User);
        if (addition.AgentId is { } agent)
        {
            writer.WriteString("agent_id", agent);
        }

        writer.WriteBoolean("infer", false);
        if (older)
        {
            writer.WriteBoolean("async_mode", false);
        }

        writer.WritePropertyName("metadata");
        addition.Mark.Write(writer, addition.Draft.Metadata);
    });

    /// <summary>A search. A threshold of 0: the newer routes leave out weak hits otherwise.</summary>
    public static ReadOnlyMemory<byte> Search(bool older, string user, string? agent, string query, int limit) => Write(writer =>
    {
        writer.WriteString("query", query);
        if (older)
        {
            writer.WriteString("user_id", user);
            if (agent is not null)
            {
                writer.WriteString("agent_id", agent);
            }

            writer.WriteNumber("limit", limit);
        }
        else
        {
            writer.WriteNumber("threshold", 0);
            WriteFilters(writer, user, agent);
        }

        writer.WriteNumber("top_k", limit);
    });

    /// <summary>A list by the newer routes.</summary>
    public static ReadOnlyMemory<byte> List(string user) => Write(writer => WriteFilters(writer, user, agent: null));

    private static void WriteFilters(Utf8JsonWriter writer, string user, string? agent)
    {
        writer.WriteStartObject("filters");
        if (agent is null)
        {
            writer.WriteString("user_id", user);
        }
        else
        {
            writer.WriteStartArray("AND");
            foreach (var (name, value) in ((string, string)[])[("user_id", user), ("agent_id", agent)])
            {
                writer.WriteStartObject();
                writer.WriteString(name, value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
