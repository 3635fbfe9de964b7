using System.Runtime.InteropServices;
using System.Text.Json;
using Granary.Core.Recall;
using Granary.Llm.Providers;

namespace Granary.Llm.Models;

/// <summary>Asks providers for vectors.</summary>
internal sealed class EmbeddingCalls(IProviderRouter router, OpenAIGateway openAI, TimeProvider time)
{
    /// <summary>Asks for the vectors of texts; the next provider of the same model where one fails.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dimensions">Numbers to ask for in a vector; null for what the model gives.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="purpose">What the vectors are for.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>One vector a text, as the provider gives it, and the tokens that it reports, 0 if it does not.</returns>
    /// <exception cref="ProviderException">No provider answered.</exception>
    public async Task<(float[][] Vectors, int Tokens)> AskAsync(
        string model, int? dimensions, IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken)
    {
        var routes = router.Route(model);
        for (var index = 0; ; index++)
        {
            var route = routes[index];
            try
            {
                return await AskAsync(route, dimensions, texts, purpose, cancellationToken).ConfigureAwait(false);
            }
            catch (ProviderException error) when (index < routes.Count - 1 && ProviderErrors.MayFallBack(error))
            {
                GranaryLlmInstruments.FellBack(error.Provider);
            }
        }
    }

    private async Task<(float[][] Vectors, int Tokens)> AskAsync(
        ProviderRoute route, int? dimensions, IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken)
    {
        var provider = route.Provider;
        var isGemini = provider.Dialect == ChatDialect.Gemini;
        var call = new ProviderCall
        {
            Operation = ProviderOperation.Embeddings,
            Model = route.Model,
            Body = isGemini ? GeminiBody(route.Model, dimensions, texts, purpose) : OpenAIBody(route.Model, dimensions, texts),
        };
        using var answer = await ProviderAnswers.RequireSuccessAsync(
            provider,
            isGemini
                ? await ProviderAnswers.SendAsync(provider, call, time, cancellationToken).ConfigureAwait(false)
                : await openAI.EmbedAsync(provider, call, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        try
        {
            using var json = await JsonDocument.ParseAsync(answer.Body, default, cancellationToken).ConfigureAwait(false);
            return isGemini ? ReadGemini(json.RootElement, texts.Count) : ReadOpenAI(json.RootElement, texts.Count);
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ProviderException(provider.Name, $"The provider '{provider.Name}' answered what are no embeddings: {error.Message}", 502, innerException: error);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw ProviderErrors.BrokenOff(provider.Name, error);
        }
    }

    private static byte[] OpenAIBody(string model, int? dimensions, IReadOnlyList<string> texts) => Write(writer =>
    {
        writer.WriteString("model", model);
        writer.WriteStartArray("input");
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
        if (dimensions is { } count)
        {
            writer.WriteNumber("dimensions", count);
        }
    });

    private static byte[] GeminiBody(string model, int? dimensions, IReadOnlyList<string> texts, EmbeddingPurpose purpose) => Write(writer =>
    {
        var path = model.Contains('/', StringComparison.Ordinal) ? model : $"models/{model}";
        writer.WriteStartArray("requests");
        foreach (var text in texts)
        {
            writer.WriteStartObject();
            writer.WriteString("model", path);
            writer.WriteStartObject("content");
            writer.WriteStartArray("parts");
            writer.WriteStartObject();
            writer.WriteString("text", text);
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteString("taskType", purpose == EmbeddingPurpose.Query ? "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT");
            if (dimensions is { } count)
            {
                writer.WriteNumber("outputDimensionality", count);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = ProviderJson.Plain.Encoder }))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return body.ToArray();
    }

    private static (float[][] Vectors, int Tokens) ReadOpenAI(JsonElement json, int count)
    {
        var vectors = new float[count][];
        var position = 0;
        foreach (var item in json.GetProperty("data").EnumerateArray())
        {
            var index = item.TryGetProperty("index", out var given) ? given.GetInt32() : position;
            position++;
            if (index < 0 || index >= count || vectors[index] is not null)
            {
                throw new FormatException($"It has a vector of the number {index} for {count} texts.");
            }

            vectors[index] = Numbers(item.GetProperty("embedding"));
        }

        var tokens = json.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
            && usage.TryGetProperty("prompt_tokens", out var prompt) && prompt.TryGetInt32(out var value) ? value : 0;
        return (All(vectors), tokens);
    }

    private static (float[][] Vectors, int Tokens) ReadGemini(JsonElement json, int count)
    {
        var found = json.GetProperty("embeddings").EnumerateArray().Select(item => Numbers(item.GetProperty("values"))).ToArray();
        return found.Length == count ? (found, 0) : throw new FormatException($"It has {found.Length} vectors for {count} texts.");
    }

    private static float[][] All(float[][] vectors) =>
        Array.IndexOf(vectors, null) is >= 0 and var missing ? throw new FormatException($"It has no vector of the text {missing}.") : vectors;

    private static float[] Numbers(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            return MemoryMarshal.Cast<byte, float>(json.GetBytesFromBase64()).ToArray();
        }

        var numbers = new float[json.GetArrayLength()];
        var index = 0;
        foreach (var number in json.EnumerateArray())
        {
            numbers[index++] = number.GetSingle();
        }

        return numbers;
    }
}
