using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Http.Problems;
using Granary.Http.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Granary.Http.Endpoints;

/// <summary>
/// Reads batches leniently: the envelope must be right, but an item that is wrong fails alone. So each item is parsed on its own.
/// </summary>
internal sealed partial class Batches(ILogger<Batches> logger)
{
    /// <summary>The most items of a batch.</summary>
    public const int MaxItems = 100;

    /// <summary>Reads a batch.</summary>
    /// <param name="context">The request.</param>
    /// <param name="type">What an item must be.</param>
    /// <param name="names">The names that the list of items may have.</param>
    public static ValueTask<Batch<T>> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, params string[] names)
        where T : class => JsonBody.ReadAsync(context, (type, names), static (json, state) => Parse(json, state.type, state.names));

    /// <summary>The problem of an item; an unexpected error is logged.</summary>
    public Problem ProblemOf(HttpContext context, Exception error)
    {
        var trace = TraceIds.Of(context);
        if (ProblemMap.Of(error, trace) is { } problem)
        {
            return problem;
        }

        // What was given up because its caller has gone is nobody's fault, and nobody reads the answer.
        if (error is not OperationCanceledException || !context.RequestAborted.IsCancellationRequested)
        {
            LogUnexpected(logger, error, context.Request.Path, trace);
        }

        return ProblemMap.Internal(trace);
    }

    private static Batch<T> Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string[] names)
        where T : class
    {
        using var document = JsonParser.ParseDocument(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException("body", "must be an object");
        }

        RefuseDuplicates(root);
        var given = names.Where(name => root.TryGetProperty(name, out _)).ToList();
        var list = given switch
        {
            [] => throw new InvalidRequestException(names[0], "is required"),
            [var name] => name,
            _ => throw new InvalidRequestException(given[1], $"is another name of {given[0]}: give one of them"),
        };
        var items = root.GetProperty(list);
        if (items.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidRequestException(list, "must be an array");
        }

        return items.GetArrayLength() switch
        {
            0 => throw new InvalidRequestException(list, "must not be empty"),
            > MaxItems => throw new TooLargeException(list, $"must have at most {MaxItems} items"),
            _ => new Batch<T>(Text(root, "user_id"), Text(root, "session_id"), [.. items.EnumerateArray().Select((item, index) => ParseItem(item, type, $"{list}[{index}]"))]),
        };
    }

    private static BatchItem<T> ParseItem<T>(JsonElement element, JsonTypeInfo<T> type, string path)
        where T : class
    {
        try
        {
            return new BatchItem<T>(JsonParser.Parse(element, type, path), null, path + ".");
        }
        catch (InvalidRequestException error)
        {
            return new BatchItem<T>(null, error, path + ".");
        }
    }

    private static string? Text(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new InvalidRequestException(name, "must be a string");
    }

    private static void RefuseDuplicates(JsonElement root)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (!names.Add(property.Name))
            {
                throw new InvalidRequestException(property.Name, "is given twice");
            }
        }
    }

    [LoggerMessage(10, LogLevel.Error, "An item of a batch to {Path} failed unexpectedly (trace {TraceId})")]
    private static partial void LogUnexpected(ILogger logger, Exception error, PathString path, string traceId);
}

/// <summary>A batch whose envelope is right.</summary>
/// <param name="UserId">The user of items that name none.</param>
/// <param name="SessionId">The session of items that name none.</param>
/// <param name="Items">The items, in order.</param>
internal sealed record Batch<T>(string? UserId, string? SessionId, IReadOnlyList<BatchItem<T>> Items)
    where T : class;

/// <summary>An item of a batch: a value, or what is wrong with it.</summary>
/// <param name="Value">The value.</param>
/// <param name="Error">What is wrong.</param>
/// <param name="Path">Where the item is, to begin the names of fields with: <c>turns[3].</c>.</param>
internal sealed record BatchItem<T>(T? Value, Exception? Error, string Path)
    where T : class
{
    /// <summary>The value.</summary>
    /// <exception cref="InvalidRequestException">It is wrong.</exception>
    public T Required => Value ?? throw Error!;
}
