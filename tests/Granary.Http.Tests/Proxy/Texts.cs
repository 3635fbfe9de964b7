using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Http.Tests.Proxy;

/// <summary>Bodies and events of the dialects.</summary>
internal static class Texts
{
    public static string Quote(string text) => JsonSerializer.Serialize(text);

    public static string Chat(string text) =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":{{Quote(text)}},"refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},"x_unknown":[1,2]}""";

    public static string ChatCall(string id, string name, string arguments) =>
        $$$"""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"{{{id}}}","type":"function","function":{"name":"{{{name}}}","arguments":{{{Quote(arguments)}}}}}]},"finish_reason":"tool_calls"}]}""";

    public static string Message(string text) =>
        $$$"""{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":{{{Quote(text)}}}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}""";

    public static string Response(string text, string id = "resp_upstream1") =>
        $$$"""{"id":"{{{id}}}","object":"response","created_at":1,"status":"completed","model":"gpt-4o","output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":{{{Quote(text)}}},"annotations":[]}]}],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}""";

    public static string Gemini(string text) =>
        $$$"""{"candidates":[{"content":{"role":"model","parts":[{"text":{{{Quote(text)}}}}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"gemini-2.5-flash"}""";

    /// <summary>A stream of OpenAI's chats.</summary>
    public static string[] ChatStream(params string[] pieces) =>
    [
        Chunk("""{"role":"assistant","content":""}"""),
        .. pieces.Select(piece => Chunk($$"""{"content":{{Quote(piece)}}}""")),
        """data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n",
        "data: [DONE]\n\n",
    ];

    public static string Chunk(string delta) =>
        $$"""data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{{delta}},"finish_reason":null}]}""" + "\n\n";

    /// <summary>A stream of Anthropic's messages.</summary>
    public static string[] MessageStream(params string[] pieces) =>
    [
        Event("message_start", """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}"""),
        Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""),
        .. pieces.Select(piece => Event("content_block_delta", $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":{{{Quote(piece)}}}}}""")),
        Event("content_block_stop", """{"type":"content_block_stop","index":0}"""),
        Event("message_delta", """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}"""),
        Event("message_stop", """{"type":"message_stop"}"""),
    ];

    /// <summary>A stream of OpenAI's responses.</summary>
    public static string[] ResponseStream(params string[] pieces) =>
    [
        Event("response.created", """{"type":"response.created","sequence_number":0,"response":{"id":"resp_upstream1","object":"response","created_at":1,"status":"in_progress","model":"gpt-4o","output":[]}}"""),
        Event("response.output_item.added", """{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"type":"message","id":"msg_1","status":"in_progress","role":"assistant","content":[]}}"""),
        Event("response.content_part.added", """{"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}"""),
        .. pieces.Select((piece, index) => Event("response.output_text.delta", $$"""{"type":"response.output_text.delta","sequence_number":{{3 + index}},"item_id":"msg_1","output_index":0,"content_index":0,"delta":{{Quote(piece)}}}""")),
        Event("response.completed", $$"""{"type":"response.completed","sequence_number":9,"response":{{Response(string.Concat(pieces))}}}"""),
    ];

    public static string[] GeminiStream(params string[] pieces) =>
    [
        .. pieces.Select(piece => $$"""data: {"candidates":[{"content":{"role":"model","parts":[{"text":{{Quote(piece)}}}]},"index":0}],"modelVersion":"gemini-2.5-flash"}""" + "\r\n\r\n"),
        """data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}""" + "\r\n\r\n",
    ];

    public static string Event(string name, string data) => $"event: {name}\ndata: {data}\n\n";

    public static string Ask(params string[] said) => Ask(said, "");

    /// <summary>A request of OpenAI's chats; <c>u:</c>, <c>a:</c> and <c>s:</c> begin what user, assistant and system say.</summary>
    public static string Ask(string[] said, string more) =>
        $$"""{"model":"gpt-4o","messages":[{{string.Join(',', said.Select(Entry))}}]{{more}}}""";

    public static string Entry(string said) => $$"""{"role":"{{Role(said)}}","content":{{Quote(said[2..])}}}""";

    public static string Line(JsonNode? entry)
    {
        var role = (string?)entry!["role"] ?? (string?)entry["type"];
        var text = entry["content"] switch
        {
            JsonArray parts => string.Concat(parts.Select(part => (string?)part!["text"] ?? (string?)part["tool_use_id"] ?? (string?)part["id"] ?? (string?)part["type"])),
            JsonValue value => value.ToString(),
            _ => entry["parts"] is JsonArray parts ? string.Concat(parts.Select(part => (string?)part!["text"])) : (string?)entry["output"] ?? "",
        };
        var calls = entry["tool_calls"] is JsonArray list ? string.Join('+', list.Select(call => (string?)call!["id"])) : "";
        return $"{role}: {(string?)entry["tool_call_id"] ?? (string?)entry["call_id"]}{calls}{text}";
    }

    private static string Role(string said) => said[0] switch { 'u' => "user", 'a' => "assistant", _ => "system" };
}
