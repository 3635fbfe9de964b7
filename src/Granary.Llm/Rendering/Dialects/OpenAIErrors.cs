using System.Text.Json.Nodes;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Errors as OpenAI's clients read them.</summary>
internal static class OpenAIErrors
{
    /// <summary>Writes an error.</summary>
    public static JsonObject Render(int status, string code, string message) => new()
    {
        ["error"] = new JsonObject { ["message"] = message, ["type"] = Type(status), ["param"] = null, ["code"] = code },
    };

    /// <summary>The type that goes with a status.</summary>
    public static string Type(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
