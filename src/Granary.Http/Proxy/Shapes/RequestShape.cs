using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm;

namespace Granary.Http.Proxy.Shapes;

/// <summary>A request's body in the client's dialect: what the proxy reads of it, and the few places where it changes it. All else stays as it came.</summary>
internal abstract class RequestShape(JsonObject body)
{
    public JsonObject Body { get; } = body;

    public abstract ChatDialect Dialect { get; }

    public string? Model => Text(Body, "model", "model");

    public bool Stream => Body["stream"] is JsonValue value && value.TryGetValue<bool>(out var stream) && stream;

    /// <summary>The user that the body names, or null.</summary>
    public virtual string? User => null;

    /// <summary>What the body says of its user for another purpose: counts where nothing else names one, and if it is an id.</summary>
    public virtual string? OpaqueUser => null;

    /// <summary><c>metadata.session_id</c>.</summary>
    public string? MetadataSession => Body["metadata"] is JsonObject metadata ? Text(metadata, "session_id", "metadata.session_id") : null;

    /// <summary>The conversation that the body names.</summary>
    public virtual string? Conversation => null;

    /// <summary>The answer that the body goes on from.</summary>
    public virtual string? PreviousResponse => null;

    /// <summary>Whether the client asked for something that cannot be done with memory, in words.</summary>
    public virtual (string Field, string Rule)? Unsupported => null;

    /// <summary>The entries of the conversation, as they go upstream.</summary>
    public abstract JsonArray Items { get; }

    /// <summary>How many answers are asked for.</summary>
    public virtual int Choices => 1;

    public static RequestShape Of(ChatDialect dialect, JsonObject body) => dialect switch
    {
        ChatDialect.OpenAIChat => new ChatCompletionsShape(body),
        ChatDialect.OpenAIResponses => new ResponsesShape(body),
        ChatDialect.Anthropic => new MessagesShape(body),
        _ => throw new ArgumentOutOfRangeException(nameof(dialect)),
    };

    public void SetModel(string model) => Body["model"] = model;

    public void SetTemperature(double value) => Body["temperature"] = value;

    public abstract void SetMaxTokens(int value);

    /// <summary>Takes out what models with fixed sampling refuse, and names the limit of tokens as they want it.</summary>
    public virtual void FixSampling()
    {
    }

    /// <summary>Takes out what named the scope, which no provider knows.</summary>
    public virtual void TakeOutScope()
    {
        if (Body["metadata"] is JsonObject metadata && metadata.Remove("session_id") && metadata.Count == 0)
        {
            Body.Remove("metadata");
        }
    }

    /// <summary>Adds a system block after the client's own instructions.</summary>
    public abstract void AddSystem(string text);

    /// <summary>Puts stored turns into the conversation.</summary>
    /// <param name="turns">For each: the number of the user message before which it goes (-1: before everything), and its entries.</param>
    /// <param name="userMessages">How many user messages the conversation has; where the entries show another number, all goes before everything.</param>
    public void Insert(IReadOnlyList<(int BeforeUser, JsonArray Entries)> turns, int userMessages)
    {
        var items = Items;
        var start = 0;
        while (start < items.Count && IsInstruction(items[start]))
        {
            start++;
        }

        var openers = new List<int>();
        for (var index = start; index < items.Count; index++)
        {
            if (OpensTurn(items[index]))
            {
                openers.Add(index);
            }
        }

        var known = openers.Count == userMessages;
        for (var turn = turns.Count - 1; turn >= 0; turn--)
        {
            var (before, entries) = turns[turn];
            var at = known && before >= 0 && before < openers.Count ? openers[before] : start;
            while (entries.Count > 0)
            {
                var last = entries[^1];
                entries.RemoveAt(entries.Count - 1);
                items.Insert(at, last);
            }
        }
    }

    protected abstract bool IsInstruction(JsonNode? item);

    protected abstract bool OpensTurn(JsonNode? item);

    protected static string? Role(JsonNode? item) => item is JsonObject entry && entry["role"] is JsonValue value && value.TryGetValue<string>(out var role) ? role : null;

    protected static string? Text(JsonObject holder, string name, string field) => holder[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw new InvalidRequestException(field, "must be a string"),
    };

    protected JsonArray Array(string name) => Body[name] switch
    {
        JsonArray array => array,
        null => throw new InvalidRequestException(name, "is required"),
        _ => throw new InvalidRequestException(name, "must be an array"),
    };
}
