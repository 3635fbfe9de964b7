using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Llm.Streaming;

namespace Granary.Llm.Agents;

/// <summary>What happens while an agent answers. As JSON each is an object whose <c>type</c> is <see cref="Type"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(IterationStart), "iteration_start")]
[JsonDerivedType(typeof(RelayedPiece), "raw")]
[JsonDerivedType(typeof(FunctionAnnouncement), "function_announcement")]
[JsonDerivedType(typeof(FunctionCallStart), "function_call_start")]
[JsonDerivedType(typeof(FunctionCallComplete), "function_call_complete")]
[JsonDerivedType(typeof(FunctionCallError), "function_call_error")]
[JsonDerivedType(typeof(IterationError), "error")]
[JsonDerivedType(typeof(Completion), "completion")]
public abstract record ProxyEvent
{
    private protected ProxyEvent()
    {
    }

    /// <summary>The kind, as clients know it.</summary>
    [JsonIgnore]
    public abstract string Type { get; }
}

/// <summary>The model is asked.</summary>
/// <param name="Iteration">Which time, from 1.</param>
/// <param name="MaxIterations">How often at the most.</param>
public sealed record IterationStart(
    [property: JsonPropertyName("iteration")] int Iteration,
    [property: JsonPropertyName("max_iterations")] int MaxIterations) : ProxyEvent
{
    /// <inheritdoc />
    [JsonIgnore]
    public override string Type => "iteration_start";
}

/// <summary>A piece of the model's answer, as it came.</summary>
/// <param name="Piece">The piece.</param>
public sealed record RelayedPiece([property: JsonPropertyName("piece"), JsonConverter(typeof(PieceConverter))] StreamEvent Piece) : ProxyEvent
{
    /// <inheritdoc />
    [JsonIgnore]
    public override string Type => "raw";
}

/// <summary>The model called a function, and the call is whole.</summary>
/// <param name="FunctionName">The function.</param>
/// <param name="Arguments">The arguments, an object; <c>{"raw": text}</c> where the model's text was no JSON object.</param>
/// <param name="CallId">The call's id.</param>
public sealed record FunctionAnnouncement(
    [property: JsonPropertyName("function_name")] string FunctionName,
    [property: JsonPropertyName("arguments")] JsonElement Arguments,
    [property: JsonPropertyName("call_id")] string CallId) : ProxyEvent
{
    /// <inheritdoc />
    [JsonIgnore]
    public override string Type => "function_announcement";
}

/// <summary>A function begins.</summary>
/// <param name="FunctionName">The function.</param>
/// <param name="Arguments">The arguments, as announced.</param>
/// <param name="CallId">The call's id.</param>
public sealed record FunctionCallStart(
    [property: JsonPropertyName("function_name")] string FunctionName,
    [property: JsonPropertyName("arguments")] JsonElement Arguments,
    [property: JsonPropertyName("call_id")] string CallId) : ProxyEvent
{
    /// <inheritdoc />
    [JsonIgnore]
    public override string Type => "function_call_start";
}

/// <summary>A function has a result.</summary>
/// <param name="FunctionName">The function.</param>
/// <param name="Result">The result, as the model gets it.</param>
/// <param name="CallId">The call's id.</param>
public sealed record FunctionCallComplete(
    [property: JsonPropertyName("function_name")] string FunctionName,
    [property: JsonPropertyName("result")] string Result,
    [property: JsonPropertyName("call_id")] string CallId) : ProxyEvent
{
    /// <inheritdoc />
    [JsonIgnore]
    public override string Type => "function_call_complete";
}

/// <summary>A function failed. The model is told and may try again.</summary>
/// <param name="FunctionName">The function.</param>
/// <param name="Error">Why, without the <c>Error: </c> that the model sees before it.</param>
/// <param name="CallId">The call's id.</param>
public sealed record FunctionCallError(
    [property: JsonPropertyName("function_name")] string FunctionName,
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("call_id")] string CallId) : ProxyEvent
{
    /// <inheritdoc />
    [JsonIgnore]
    public override string Type => "function_call_error";
}

/// <summary>The model could not be asked, or its answer broke off.</summary>
/// <param name="Iteration">When, from 1.</param>
/// <param name="Error">Why.</param>
public sealed record IterationError(
    [property: JsonPropertyName("iteration")] int Iteration,
    [property: JsonPropertyName("error")] string Error) : ProxyEvent
{
    /// <inheritdoc />
    [JsonIgnore]
    public override string Type => "error";
}

/// <summary>The end; always the last event.</summary>
/// <param name="FinalResponse">The answer: the last text of the model, or <c>Error: </c> and why there is none.</param>
/// <param name="TotalIterations">How often the model was asked.</param>
/// <param name="Usage">Tokens of all iterations; null where the provider said nothing.</param>
public sealed record Completion(
    [property: JsonPropertyName("final_response")] string FinalResponse,
    [property: JsonPropertyName("total_iterations")] int TotalIterations,
    [property: JsonPropertyName("usage"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), JsonConverter(typeof(UsageConverter))] ChatUsage? Usage) : ProxyEvent
{
    /// <inheritdoc />
    [JsonIgnore]
    public override string Type => "completion";
}
