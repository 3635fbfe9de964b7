using System.Text.Json.Serialization;

namespace Granary.Sample.Replay.Conversations;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IReadOnlyList<Conversation>))]
internal sealed partial class ConversationJson : JsonSerializerContext;
