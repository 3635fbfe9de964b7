using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Llm.Providers;

/// <summary>How bodies for providers are written.</summary>
internal static class ProviderJson
{
    /// <summary>Without escapes that JSON does not need: what is no ASCII would be twice as long. Bodies never end up in a page.</summary>
    public static JsonSerializerOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
