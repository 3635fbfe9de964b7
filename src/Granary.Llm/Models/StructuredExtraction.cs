using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Granary.Core.Tokens;
using Granary.Llm.Providers;

namespace Granary.Llm.Models;

/// <summary>Answers of a model as values of a type: asks for JSON of its schema and reads what comes with patience.</summary>
/// <typeparam name="T">The type; its required members are required of the model.</typeparam>
public sealed class StructuredExtraction<T>
    where T : class
{
    /// <summary>An answer that cannot be read is asked for once more, with what was wrong about it.</summary>
    private const int Tries = 2;

    private readonly IChatModels _models;
    private readonly IModelCatalogue _catalogue;
    private readonly ITokenCounter _tokens;
    private readonly JsonTypeInfo<T> _type;
    private readonly ResponseFormat _format;

    /// <summary>Makes an extraction.</summary>
    /// <param name="models">The models.</param>
    /// <param name="catalogue">Knows whether a model can be held to a schema.</param>
    /// <param name="tokens">Learns from the calls.</param>
    /// <param name="type">The type's JSON.</param>
    /// <param name="name">A name for the schema: letters, digits, <c>_</c> and <c>-</c>.</param>
    /// <param name="schema">The JSON Schema; null for the type's own, which says nothing of what a converter of yours reads.</param>
    public StructuredExtraction(
        IChatModels models, IModelCatalogue catalogue, ITokenCounter tokens, JsonTypeInfo<T> type, string name = "answer", JsonElement? schema = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        (_models, _catalogue, _tokens, _type) = (models, catalogue, tokens, type);
        _format = new ResponseFormat(name, schema ?? SchemaOf(type));
    }

    /// <summary>Asks a model.</summary>
    /// <param name="request">What is asked; how the answer must look is added where the model can be held to it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ProviderException">No provider answered.</exception>
    /// <exception cref="FormatException">What the model answered is not of the type, twice, or was cut off or refused where asking again does not help.</exception>
    public Task<T> ExtractAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ExtractAsync(request, deadline: null, cancellationToken);
    }

    /// <summary>Asks a model, each provider of it with its share of the time.</summary>
    internal async Task<T> ExtractAsync(ChatRequest request, CallDeadline? deadline, CancellationToken cancellationToken)
    {
        if (request.ResponseFormat is null && _catalogue.Find(request.Model).Capabilities.HasFlag(ModelCapabilities.Json))
        {
            request = request with { ResponseFormat = _format };
        }

        for (var attempt = 1; ; attempt++)
        {
            var answer = deadline is not null && _models is ITimedChatModels timed
                ? await timed.CompleteAsync(request, deadline, cancellationToken).ConfigureAwait(false)
                : await _models.CompleteAsync(request, cancellationToken).ConfigureAwait(false);
            UsageLearning.Observe(_tokens, request, answer.Usage);
            try
            {
                return answer.Error is null ? Parse(answer.Content) : throw new FormatException(answer.Error);
            }
            catch (FormatException error) when (attempt < Tries && Again(request, answer, error) is { } again)
            {
                request = again;
            }
        }
    }

    /// <summary>What to ask after an answer that cannot be read; null if that would bring no other.</summary>
    private ChatRequest? Again(ChatRequest request, ChatResponse answer, FormatException error) => answer.Finish switch
    {
        ChatFinish.ContentFilter => null,

        // The model was not wrong, only cut off: with half an answer in the prompt and the same limit it would be again.
        ChatFinish.Length => request.MaxTokens is { } limit && Math.Min(2L * limit, _catalogue.Find(request.Model).OutputTokens) is var more && more > limit
            ? request with { MaxTokens = (int)more }
            : null,
        _ => request with
        {
            Messages =
            [
                .. request.Messages,
                .. answer.Content.Length > 0 ? [new ModelMessage { Role = MessageRole.Assistant, Content = answer.Content }] : Array.Empty<ModelMessage>(),
                new ModelMessage { Role = MessageRole.User, Content = $"That cannot be read: {error.Message} Answer again with the JSON object alone." },
            ],
        },
    };

    /// <summary>Asks a model; where that fails, makes the value without one.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="fallback">Makes the value without a model.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The value, and why no model made it.</returns>
    public async Task<StructuredResult<T>> ExtractAsync(ChatRequest request, Func<T> fallback, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fallback);
        try
        {
            var value = await ExtractAsync(request, cancellationToken).ConfigureAwait(false);
            GranaryLlmInstruments.Extracted("model");
            return new StructuredResult<T>(value, null);
        }
        catch (Exception error) when (error is ProviderException or FormatException)
        {
            GranaryLlmInstruments.Extracted(error is ProviderException ? "provider" : "malformed");
            return new StructuredResult<T>(fallback(), error.Message);
        }
    }

    /// <summary>
    /// Asks a model about content that is too large for one call: in parts, each of which follows the request's messages as a user's message that says
    /// which part it is, and makes one value of the answers.
    /// </summary>
    /// <param name="request">What is asked of each part.</param>
    /// <param name="content">The content.</param>
    /// <param name="options">How it is divided and put together; null for parts of 4,000 characters whose values are merged.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <returns>The value, and which parts gave none.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, or there are more parts than may be.</exception>
    /// <exception cref="ProviderException">No part gave a value, and of the first that was asked about no provider answered.</exception>
    /// <exception cref="FormatException">No part gave a value, for what the model answered is not of the type; or the merged value is not.</exception>
    public async Task<LargeExtraction<T>> ExtractLargeAsync(
        ChatRequest request, string content, LargeContentOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(content);
        options ??= new LargeContentOptions();
        options.Validate();
        var parts = ContentParts.Of(content, options, _tokens, request.Model);
        if (parts.Count > options.MaxParts)
        {
            throw new ArgumentException($"The content has {parts.Count} parts of {options.Size}, more than {options.MaxParts}: raise Size or MaxParts.", nameof(content));
        }

        var asked = new PartAnswers<T>((part, token) => ExtractAsync(About(request, parts, part), token), parts.Count);
        if (options.Merge == PartMerge.Merge)
        {
            await asked.AskAllAsync(options.MaxConcurrentParts, cancellationToken).ConfigureAwait(false);
            return new LargeExtraction<T>(Merged(asked.Values), parts.Count, asked.Lost);
        }

        var value = await asked.AskUntilAsync(fromEnd: options.Merge == PartMerge.Last, cancellationToken).ConfigureAwait(false);
        return new LargeExtraction<T>(value, parts.Count, asked.Lost);
    }

    /// <summary>Reads the value from a model's text: the whole text, a fence that says json, any fence, from the first brace to the last.</summary>
    /// <exception cref="FormatException">None of them is a value of the type; the message tells why the likeliest is not.</exception>
    public T Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string? failure = null;
        foreach (var candidate in JsonCascade.Candidates(text))
        {
            try
            {
                if (JsonSerializer.Deserialize(candidate, _type) is { } value)
                {
                    return value;
                }

                failure ??= "It is null.";
            }
            catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
            {
                // The latter two: halves of surrogate pairs, in the text or escaped.
                // What was JSON and not of the type says more than what was no JSON at all.
                failure = failure is null || error.Message.Contains("required", StringComparison.Ordinal) ? error.Message : failure;
            }
        }

        throw new FormatException(failure ?? "It is empty.");
    }

    private static ChatRequest About(ChatRequest request, IReadOnlyList<string> parts, int part)
    {
        var heading = parts.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"(part {part + 1}/{parts.Count})\n");
        return request with { Messages = [.. request.Messages, new ModelMessage { Role = MessageRole.User, Content = heading + parts[part] }] };
    }

    /// <exception cref="FormatException">The values are of the type each, and not together.</exception>
    private T Merged(IReadOnlyList<T> values)
    {
        if (values.Count == 1)
        {
            return values[0];
        }

        var merged = values.Select(value => JsonSerializer.SerializeToNode(value, _type)).Aggregate(MergedJson.Of);
        try
        {
            return merged.Deserialize(_type) ?? throw new FormatException("The merged value is null.");
        }
        catch (JsonException error)
        {
            throw new FormatException($"The merged value is not of the type: {error.Message}", error);
        }
    }

    /// <summary>The type's schema. Objects are closed: that is what models can be held to, and what is read ignores more anyway.</summary>
    private static JsonElement SchemaOf(JsonTypeInfo<T> type)
    {
        var schema = type.GetJsonSchemaAsNode(new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = static (_, node) =>
            {
                if (node is JsonObject json && json.ContainsKey("properties"))
                {
                    json.TryAdd("additionalProperties", false);
                }

                return node;
            },
        });
        return JsonElement.Parse(schema.ToJsonString());
    }
}

/// <summary>A value that a model made, or that was made without one.</summary>
/// <typeparam name="T">The type.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Fallback">Why no model made it, or null.</param>
public sealed record StructuredResult<T>(T Value, string? Fallback);
