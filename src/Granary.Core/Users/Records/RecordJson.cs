using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Core.Users.Records;

/// <summary>The JSON of the documents that hold memory records.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UserHead))]
[JsonSerializable(typeof(RecordDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(SynthesisDocument))]
internal sealed partial class RecordJson : JsonSerializerContext
{
    /// <summary>The context that stores text as it is, not escaped for HTML.</summary>
    public static RecordJson Documents => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
