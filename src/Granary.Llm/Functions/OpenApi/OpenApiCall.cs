using System.Text.Json.Nodes;

namespace Granary.Llm.Functions.OpenApi;

/// <summary>How an operation is called.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="BaseAddress">Where the API is, without a slash at the end.</param>
/// <param name="Path">The path, with <c>{name}</c> for its parameters.</param>
/// <param name="Parameters">The parameters.</param>
/// <param name="Body">The body; null where there is none.</param>
/// <param name="Hidden">Names in the query, compared without regard to case, that are not the model's to set.</param>
internal sealed record OpenApiCall(
    HttpMethod Method, string BaseAddress, string Path, IReadOnlyList<OpenApiParameter> Parameters, OpenApiBody? Body, IReadOnlySet<string> Hidden);

/// <summary>A parameter of an operation.</summary>
/// <param name="Name">Its name in the request.</param>
/// <param name="In"><c>path</c>, <c>query</c> or <c>header</c>.</param>
/// <param name="Argument">Its name among the function's arguments.</param>
/// <param name="Required">Whether it must be given.</param>
/// <param name="Schema">Its schema.</param>
internal sealed record OpenApiParameter(string Name, string In, string Argument, bool Required, JsonObject Schema)
{
    /// <summary>How lists and objects are written: OpenAPI's <c>style</c>, or <c>json</c> for a parameter described by a media type.</summary>
    public required string Style { get; init; }

    /// <summary>Gives the value in place of the model, which does not see the parameter; null: the model gives it.</summary>
    public Func<FunctionScope, string?>? Fixed { get; init; }

    /// <summary>Whether each item of a list and each property of an object is written by itself.</summary>
    public required bool Explode { get; init; }
}

/// <summary>The body of an operation.</summary>
/// <param name="Argument">Its name among the function's arguments.</param>
/// <param name="MediaType">JSON, form fields or plain text.</param>
/// <param name="Required">Whether it must be given.</param>
/// <param name="Schema">Its schema.</param>
internal sealed record OpenApiBody(string Argument, string MediaType, bool Required, JsonObject Schema);
