using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Users;

namespace Granary.Core.Sessions.Documents;

/// <summary>The JSON of documents that are not on the path of every append.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SessionHead))]
[JsonSerializable(typeof(EpochDocument))]
[JsonSerializable(typeof(KeyDocument))]
[JsonSerializable(typeof(SessionNotice))]
[JsonSerializable(typeof(UserSessionDocument))]
[JsonSerializable(typeof(WatermarkDocument))]
internal sealed partial class SessionJson : JsonSerializerContext
{
    /// <summary>The context that stores text as it is, not escaped for HTML.</summary>
    public static SessionJson Documents => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
