using Granary.Http.Identity;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Granary.Http.Documentation;

/// <summary>What the framework cannot know of an operation: its name, its parameters in words, headers of answers, who may call it.</summary>
internal sealed class OperationTransformer(KeyRing keys) : IOpenApiOperationTransformer
{
    private static readonly Dictionary<string, string> PathParameters = new()
    {
        ["session_id"] = "The session.",
        ["name"] = "The memory resource.",
        ["n"] = "The epoch, from 1.",
        ["user"] = "The user.",
        ["session"] = "The session.",
        ["model"] = "The model's name.",
    };

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var description = metadata.OfType<RouteDescription>().Single();
        operation.OperationId = NameOf(context.Description.HttpMethod!, context.Description.RelativePath!);
        operation.Description = description.Details;
        Describe(operation, description);
        foreach (var answer in description.Answers.Where(answer => answer.Headers.Count > 0))
        {
            AddHeaders(operation, answer);
        }

        var scope = metadata.OfType<RequiredScope>().Single().Scope;
        if (keys.IsRequired && scope != GranaryScope.Open)
        {
            operation.Security =
            [
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentTransformer.Bearer, context.Document)] = [] },
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentTransformer.Header, context.Document)] = [] },
            ];
        }

        return Task.CompletedTask;
    }

    /// <summary><c>POST sessions/{session_id}/messages</c> becomes <c>post_sessions_session_id_messages</c>: unique, and stable for generated clients.</summary>
    private static string NameOf(string method, string path) =>
        method.ToLowerInvariant() + "_" + path.Replace("{", "").Replace("}", "").Replace('/', '_');

    private static void Describe(OpenApiOperation operation, RouteDescription description)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            parameter.Description = parameter.In == ParameterLocation.Path
                ? PathParameters.GetValueOrDefault(parameter.Name ?? "")
                : description.Parameters.Append(RouteParameter.Tenant).FirstOrDefault(known => known.Name == parameter.Name)?.Description;
        }
    }

    private static void AddHeaders(OpenApiOperation operation, RouteAnswer answer)
    {
        if (operation.Responses?[answer.Status.ToString()] is not OpenApiResponse response)
        {
            return;
        }

        response.Headers = answer.Headers.ToDictionary(
            header => header.Name,
            IOpenApiHeader (header) => new OpenApiHeader { Description = header.Description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
    }
}
