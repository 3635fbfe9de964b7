using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Core.Storage;

namespace Granary.Llm.Batch.Jobs;

/// <summary>
/// Where batches are stored: a partition each. <c>h</c> the head; <c>p:{part}</c>; <c>q:{line}</c> what is asked; <c>t:{line}:{round}</c> rounds of
/// tools; <c>r:{line}</c> the result, inserted once.
/// </summary>
internal static class BatchPartitions
{
    /// <summary>The kind of the partitions: what their ids begin with.</summary>
    public const string Kind = "batch";

    /// <summary>What the ids of batches begin with.</summary>
    public const string IdPrefix = "batch_";

    public const string Head = "h";

    public const string PartPrefix = "p:";

    public const string LinePrefix = "q:";

    public const string ResultPrefix = "r:";

    /// <summary>In the place of the user for a batch of the tenant's own: no user's id has this character.</summary>
    public const string Nobody = "*";

    /// <summary>The kind of the partitions of what batches left with providers.</summary>
    public const string RemainsKind = "batchremains";

    /// <summary>Where it is noted what a batch left with its provider, beside the batch: it outlives it.</summary>
    public static string RemainsOf(string tenant, string? user, string id) => $"{RemainsKind}/{tenant}/{user ?? Nobody}/{id}";

    public static string Of(string tenant, string? user, string id) => $"{Kind}/{tenant}/{user ?? Nobody}/{id}";

    public static string Part(int number) => string.Create(CultureInfo.InvariantCulture, $"p:{number:D6}");

    public static string Line(int index) => string.Create(CultureInfo.InvariantCulture, $"q:{index:D8}");

    public static string Turn(int index, int round) => string.Create(CultureInfo.InvariantCulture, $"t:{index:D8}:{round:D3}");

    public static string Result(int index) => string.Create(CultureInfo.InvariantCulture, $"r:{index:D8}");

    /// <summary>The line of a document's id.</summary>
    public static int IndexOf(string document) => int.Parse(document.AsSpan(2, 8), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The documents of a kind of some neighbouring lines.</summary>
    public static DocumentRange Range(char kind, int first, int count) => new(
        string.Create(CultureInfo.InvariantCulture, $"{kind}:{first:D8}"),
        string.Create(CultureInfo.InvariantCulture, $"{kind}:{first + count:D8}"));

    /// <summary>What a provider knows a line by: within what Anthropic allows, 64 letters, digits, <c>_</c> and <c>-</c>.</summary>
    public static string CustomId(string batch, int index) => string.Create(CultureInfo.InvariantCulture, $"{batch}_{index}");

    /// <summary>The line of a <see cref="CustomId"/>, or null if it is none of this batch.</summary>
    public static int? IndexOfCustomId(string batch, string? customId) =>
        customId is not null && customId.Length > batch.Length + 1 && customId.StartsWith(batch, StringComparison.Ordinal) && customId[batch.Length] == '_'
            && int.TryParse(customId.AsSpan(batch.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : null;

    public static byte[] Bytes<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    public static T Read<T>(Document document, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(document.Body.Span, type)!;

    /// <summary>All documents of a range, page by page.</summary>
    public static async IAsyncEnumerable<Document> ReadAllAsync(
        this IPartitionStore store, string partition, DocumentRange range, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (string? from = range.From; from is not null;)
        {
            var page = await store.ReadAsync(partition, range with { From = from }, cancellationToken).ConfigureAwait(false);
            foreach (var document in page.Documents)
            {
                yield return document;
            }

            from = page.Next;
        }
    }
}
