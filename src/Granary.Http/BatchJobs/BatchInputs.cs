using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Http.Import;
using Granary.Http.Serialization;
using Granary.Llm;
using Granary.Llm.Batch;
using Granary.Llm.Rendering;

namespace Granary.Http.BatchJobs;

/// <summary>Makes lines of a batch of what callers send.</summary>
internal sealed class BatchInputs(CreateBatchRequest head, string model)
{
    private static readonly IChatRenderer OpenAI = ChatRenderers.For(ChatDialect.OpenAIChat);

    /// <summary>The lines of a body that is one object.</summary>
    public async IAsyncEnumerable<BatchInput> OfBodyAsync()
    {
        await Task.CompletedTask;
        if (head.Questions is not null == head.Lines is not null)
        {
            throw new InvalidRequestException("questions", "or lines is required, and not both");
        }

        for (var i = 0; i < (head.Questions?.Count ?? 0); i++)
        {
            yield return new BatchInput(null, Ask(head.Questions![i], $"questions[{i}]"));
        }

        for (var i = 0; i < (head.Lines?.Count ?? 0); i++)
        {
            yield return Of(head.Lines![i], name => $"lines[{i}].{name}");
        }
    }

    /// <summary>The lines after the first of a body that is JSON Lines, as they come.</summary>
    public async IAsyncEnumerable<BatchInput> OfLinesAsync(LineReader lines, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (head.Questions is not null || head.Lines is not null)
        {
            throw new InvalidRequestException("lines", "follow the first line, one each");
        }

        while (await lines.ReadAsync(cancellationToken) is { } line)
        {
            var number = lines.Number;
            BatchLineRequest request;
            try
            {
                request = JsonParser.Parse(line.Span, BatchWireJson.Default.BatchLineRequest);
            }
            catch (InvalidRequestException error)
            {
                throw new InvalidRequestException(RecordParser.At(number, error.Field), error.Rule);
            }

            yield return Of(request, name => RecordParser.At(number, name));
        }
    }

    private BatchInput Of(BatchLineRequest line, Func<string, string> at)
    {
        if (line is null || line.Question is not null == line.Body is not null)
        {
            throw new InvalidRequestException(at("question"), "or body is required, and not both");
        }

        return new BatchInput(line.CustomId, line.Question is not null ? Ask(line.Question, at("question")) : Parse(line.Body!.Value, at));
    }

    private ChatRequest Parse(JsonElement body, Func<string, string> at)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException(at("body"), "must be an object");
        }

        var json = JsonObject.Create(body)!;
        if (json["model"] is { } named && (named is not JsonValue value || !value.TryGetValue<string>(out var name) || name != model))
        {
            throw new InvalidRequestException(at("body.model"), "must be the batch's model, or left out");
        }

        json["model"] = model;
        json.Remove("stream");
        try
        {
            return OpenAI.ParseRequest(json);
        }
        catch (InvalidRequestException error)
        {
            throw new InvalidRequestException(at("body." + error.Field), error.Rule);
        }
    }

    private ChatRequest Ask(string? question, string field)
    {
        if (string.IsNullOrWhiteSpace(question))
        {
            throw new InvalidRequestException(field, "must not be empty");
        }

        if (head.Temperature is not (null or (>= 0 and <= 2)))
        {
            throw new InvalidRequestException("temperature", "must be a number from 0 to 2");
        }

        if (head.MaxTokens < 1)
        {
            throw new InvalidRequestException("max_tokens", "must be a whole number of 1 or more");
        }

        var user = new ModelMessage { Role = MessageRole.User, Content = question };
        return new ChatRequest
        {
            Model = model,
            Messages = string.IsNullOrEmpty(head.System) ? [user] : [new ModelMessage { Role = MessageRole.System, Content = head.System }, user],
            Temperature = head.Temperature,
            MaxTokens = head.MaxTokens,
        };
    }
}
