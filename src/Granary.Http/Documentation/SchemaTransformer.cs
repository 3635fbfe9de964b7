using System.Text.Json;
using System.Text.RegularExpressions;
using Granary.Http.BatchJobs;
using Granary.Wire;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Granary.Http.Documentation;

/// <summary>
/// Puts the schemas into the caller's words. Their descriptions are the contracts' own comments, which name members of types; and what
/// requests must have is optional in the contracts, so that a request without it is refused by name.
/// </summary>
internal sealed partial class SchemaTransformer : IOpenApiSchemaTransformer
{
    private static readonly Dictionary<Type, string[]> Required = new()
    {
        [typeof(StoreTurnRequest)] = ["user_message", "agent_message"],
        [typeof(StoreBatchRequest)] = ["turns"],
        [typeof(ContextRequest)] = ["session_id"],
        [typeof(ContextBatchRequest)] = ["sessions"],
        [typeof(EndSessionRequest)] = ["session_id"],
        [typeof(AppendMessagesRequest)] = ["messages"],
        [typeof(ClearRequest)] = ["confirm"],
        [typeof(ResourceImportRequest)] = ["resources"],
        [typeof(ResolveKeyRequest)] = ["key_values"],
        [typeof(RememberMemoryRequest)] = ["content"],
        [typeof(RememberMemoriesRequest)] = ["memories"],
        [typeof(RecallMemoriesRequest)] = ["query"],
        [typeof(RetrieveRequest)] = ["query"],
        [typeof(CreateBatchRequest)] = ["model"],
    };

    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (context.JsonPropertyInfo is null && Required.TryGetValue(type, out var names))
        {
            schema.Required = names.ToHashSet();
            foreach (var name in names)
            {
                if (schema.Properties?[name] is OpenApiSchema property)
                {
                    property.Type &= ~JsonSchemaType.Null;
                }
            }
        }

        if (type == typeof(MemoryResource))
        {
            // The path names it.
            schema.Required = null;
        }

        schema.Description = InWords(schema.Description);
        foreach (var property in schema.Properties?.Values ?? [])
        {
            property.Description = InWords(property.Description);
        }

        return Task.CompletedTask;
    }

    private static string? InWords(string? text) =>
        text is null ? null : MemberName().Replace(Spaces().Replace(text, " "), match => $"`{JsonNamingPolicy.SnakeCaseLower.ConvertName(match.Groups["member"].Value)}`");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    // A member as the framework writes a reference to it: its type, the type that has it, its name.
    [GeneratedRegex(@"(?:\b(?:string|bool|int|long|double)\?? )?\b[A-Z][A-Za-z]+\.(?<member>[A-Z][A-Za-z]+)\b")]
    private static partial Regex MemberName();
}
