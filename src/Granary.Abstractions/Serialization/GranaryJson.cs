using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Wire;

namespace Granary.Serialization;

/// <summary>The JSON of Granary's HTTP API, generated at compile time: snake-case names, unknown fields ignored, depth at most 64.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    MaxDepth = 64)]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(MessagePage))]
[JsonSerializable(typeof(SessionContext))]
[JsonSerializable(typeof(SessionInfo))]
[JsonSerializable(typeof(SessionHealth))]
[JsonSerializable(typeof(EpochView))]
[JsonSerializable(typeof(CompactResult))]
[JsonSerializable(typeof(ClearResult))]
[JsonSerializable(typeof(AppendResult))]
[JsonSerializable(typeof(SessionRecord))]
[JsonSerializable(typeof(ActivationStats))]
[JsonSerializable(typeof(MemoryResource))]
[JsonSerializable(typeof(ResourceImportResult))]
[JsonSerializable(typeof(StartSessionRequest))]
[JsonSerializable(typeof(StartSessionResponse))]
[JsonSerializable(typeof(EndSessionRequest))]
[JsonSerializable(typeof(EndSessionResponse))]
[JsonSerializable(typeof(AppendMessagesRequest))]
[JsonSerializable(typeof(CompactRequest))]
[JsonSerializable(typeof(ClearRequest))]
[JsonSerializable(typeof(StoreTurnRequest))]
[JsonSerializable(typeof(StoreTurnResponse))]
[JsonSerializable(typeof(StoreBatchRequest))]
[JsonSerializable(typeof(StoreBatchResponse))]
[JsonSerializable(typeof(ContextRequest))]
[JsonSerializable(typeof(ContextResponse))]
[JsonSerializable(typeof(ContextBatchRequest))]
[JsonSerializable(typeof(ContextBatchResponse))]
[JsonSerializable(typeof(SummariesRequest))]
[JsonSerializable(typeof(SummariesResponse))]
[JsonSerializable(typeof(SessionsResponse))]
[JsonSerializable(typeof(ImportResponse))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(ResourceImportRequest))]
[JsonSerializable(typeof(ResourcesResponse))]
[JsonSerializable(typeof(ResolveKeyRequest))]
[JsonSerializable(typeof(ResolveKeyResponse))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(ReadyResponse))]
[JsonSerializable(typeof(SessionEventData))]
[JsonSerializable(typeof(RememberMemoryRequest))]
[JsonSerializable(typeof(RememberMemoryResponse))]
[JsonSerializable(typeof(RememberMemoriesRequest))]
[JsonSerializable(typeof(RememberMemoriesResponse))]
[JsonSerializable(typeof(RecallMemoriesRequest))]
[JsonSerializable(typeof(RecallMemoriesResponse))]
[JsonSerializable(typeof(RecalledMemory))]
[JsonSerializable(typeof(PatchMemoryRequest))]
[JsonSerializable(typeof(RestoreMemoryRequest))]
[JsonSerializable(typeof(ForgetMemoriesRequest))]
[JsonSerializable(typeof(ForgetResult))]
[JsonSerializable(typeof(MemoryRecord))]
[JsonSerializable(typeof(MemoriesResponse))]
[JsonSerializable(typeof(MemoryImportResponse))]
[JsonSerializable(typeof(MemoryHistoryResponse))]
[JsonSerializable(typeof(DeleteMemoryResponse))]
[JsonSerializable(typeof(UserStats))]
[JsonSerializable(typeof(MemoryHealthResponse))]
[JsonSerializable(typeof(UserErasure))]
[JsonSerializable(typeof(RetrieveRequest))]
[JsonSerializable(typeof(RetrieveResponse))]
[JsonSerializable(typeof(InsightsRequest))]
[JsonSerializable(typeof(InsightsResponse))]
public sealed partial class GranaryJson : JsonSerializerContext
{
}
