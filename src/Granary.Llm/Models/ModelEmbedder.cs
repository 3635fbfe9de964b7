using System.Security.Cryptography;
using System.Text;
using Granary.Core.Recall;
using Granary.Core.Storage.Paged;
using Granary.Core.Tokens;
using Granary.Llm.Providers;

namespace Granary.Llm.Models;

/// <summary>
/// Makes vectors by a model: many texts in one call, none twice while it is remembered, and one call for equal texts that are asked for at the same time.
/// </summary>
internal sealed class ModelEmbedder : IEmbedder
{
    /// <summary>What a vector in the cache takes besides its numbers.</summary>
    private const int EntryBytes = 160;

    /// <summary>The share of a text's limit that is used: counts are estimates.</summary>
    private const double UsedShare = 0.9;

    private readonly ModelsOptions _options;
    private readonly EmbeddingCalls _calls;
    private readonly ITokenCounter _tokens;
    private readonly ModelInfo _info;
    private readonly int? _asked;
    private readonly ByteBoundedCache<TextKey, float[]> _cache;
    private readonly Lock _gate = new();
    private readonly Dictionary<TextKey, TaskCompletionSource<float[]>> _underWay = [];

    /// <param name="options">Name the model.</param>
    /// <param name="calls">Ask it.</param>
    /// <param name="catalogue">Knows its limits.</param>
    /// <param name="tokens">Counts, and learns.</param>
    /// <exception cref="InvalidOperationException">Nobody says how many numbers its vectors have.</exception>
    public ModelEmbedder(ModelsOptions options, EmbeddingCalls calls, IModelCatalogue catalogue, ITokenCounter tokens)
    {
        (_options, _calls, _tokens) = (options, calls, tokens);
        Model = options.Embedder!;
        _info = catalogue.Find(Model);
        Dimensions = options.EmbedderDimensions ?? _info.Dimensions
            ?? throw new InvalidOperationException(MissingDimensions(Model));
        _asked = Dimensions == _info.Dimensions || _info.Dimensions is null ? null : Dimensions;
        _cache = new ByteBoundedCache<TextKey, float[]>(options.EmbedderCacheMegabytes * 1024L * 1024L);
    }

    /// <inheritdoc/>
    public string Model { get; }

    /// <inheritdoc/>
    public int Dimensions { get; }

    /// <summary>What to say of a model whose vectors nobody describes.</summary>
    public static string MissingDimensions(string model) =>
        $"Granary:Models:EmbedderDimensions is required: the catalogue does not know how many numbers the vectors of '{model}' have. Set it to their number.";

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<float[]>> EmbedAsync(
        IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var found = new Dictionary<TextKey, float[]>();
        var keys = texts.Select(text => TextKey.Of(text, purpose)).ToArray();
        var isFirst = true;
        while (true)
        {
            var (mine, others) = Claim(texts, keys, found, isFirst);
            isFirst = false;
            if (mine.Count > 0)
            {
                await AskAsync(mine, purpose, found, cancellationToken).ConfigureAwait(false);
            }

            foreach (var (key, pending) in others)
            {
                try
                {
                    found[key] = await pending.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    // Whoever asked for it gave up; it is ours to ask in the next round.
                }
            }

            if (Array.TrueForAll(keys, found.ContainsKey))
            {
                // Copies: what the cache holds must stay what it is, whatever a caller does with its vectors.
                return [.. keys.Select(key => found[key].AsSpan().ToArray())];
            }
        }
    }

    /// <summary>Takes from the cache what is there, and of the rest what nobody asks for yet.</summary>
    private (List<(TextKey Key, string Text)> Mine, List<(TextKey Key, Task<float[]> Pending)> Others) Claim(
        IReadOnlyList<string> texts, TextKey[] keys, Dictionary<TextKey, float[]> found, bool count)
    {
        var mine = new List<(TextKey, string)>();
        var others = new List<(TextKey, Task<float[]>)>();
        var seen = new HashSet<TextKey>();
        var cached = 0;
        lock (_gate)
        {
            for (var index = 0; index < keys.Length; index++)
            {
                var key = keys[index];
                if (found.ContainsKey(key) || !seen.Add(key))
                {
                    continue;
                }

                if (_cache.TryGet(key, out var vector))
                {
                    found[key] = vector;
                    cached++;
                }
                else if (_underWay.TryGetValue(key, out var pending))
                {
                    others.Add((key, pending.Task));
                }
                else
                {
                    _underWay.Add(key, new TaskCompletionSource<float[]>(TaskCreationOptions.RunContinuationsAsynchronously));
                    mine.Add((key, texts[index]));
                }
            }
        }

        if (count)
        {
            GranaryLlmInstruments.Embedded(Model, "cache", cached);
            GranaryLlmInstruments.Embedded(Model, "shared", others.Count);
        }

        return (mine, others);
    }

    private async Task AskAsync(List<(TextKey Key, string Text)> mine, EmbeddingPurpose purpose, Dictionary<TextKey, float[]> found, CancellationToken cancellationToken)
    {
        var done = 0;
        try
        {
            foreach (var batch in Batches(mine))
            {
                var texts = batch.Texts;
                var (vectors, reported) = await _calls.AskAsync(Model, _asked, texts, purpose, cancellationToken).ConfigureAwait(false);
                if (reported > 0)
                {
                    _tokens.Observe(Model, batch.Tokens, reported);
                }

                for (var index = 0; index < texts.Count; index++, done++)
                {
                    var key = mine[done].Key;
                    var vector = Checked(vectors[index]);
                    found[key] = vector;
                    lock (_gate)
                    {
                        _cache.Set(key, vector, (vector.Length * sizeof(float)) + EntryBytes);
                        _underWay.Remove(key, out var pending);
                        pending!.SetResult(vector);
                    }
                }

                GranaryLlmInstruments.Embedded(Model, "model", texts.Count);
            }
        }
        catch (Exception error)
        {
            GranaryLlmInstruments.Embedded(Model, "failed", mine.Count - done);
            lock (_gate)
            {
                foreach (var (key, _) in mine.Skip(done))
                {
                    _underWay.Remove(key, out var pending);
                    if (error is OperationCanceledException)
                    {
                        pending!.SetCanceled(CancellationToken.None);
                    }
                    else
                    {
                        pending!.SetException(error);
                        _ = pending.Task.Exception;
                    }
                }
            }

            throw;
        }
    }

    /// <summary>The texts in calls of so many texts and tokens; a text that is too long for the model is cut.</summary>
    private IEnumerable<(IReadOnlyList<string> Texts, int Tokens)> Batches(List<(TextKey Key, string Text)> all)
    {
        var batch = new List<string>();
        var tokens = 0;
        foreach (var (_, text) in all)
        {
            var fitting = Fit(text, out var cost);
            if (batch.Count > 0 && (batch.Count == _options.EmbedderBatchTexts || tokens + cost > _options.EmbedderBatchTokens))
            {
                yield return (batch, tokens);
                batch = [];
                tokens = 0;
            }

            batch.Add(fitting);
            tokens += cost;
        }

        yield return (batch, tokens);
    }

    private string Fit(string text, out int cost)
    {
        var limit = (int)(Math.Min(_info.ContextTokens, _options.EmbedderBatchTokens) * UsedShare);
        cost = Math.Max(1, _tokens.Count(text, Model));
        while (cost > limit && text.Length > 1)
        {
            var length = Math.Min(text.Length - 1, (int)((long)text.Length * limit / cost));
            text = text[..(length > 1 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : Math.Max(1, length))];
            cost = Math.Max(1, _tokens.Count(text, Model));
        }

        return text;
    }

    /// <summary>The vector in length 1.</summary>
    /// <exception cref="FormatException">It is none: other dimensions, no numbers, or all zero.</exception>
    private float[] Checked(float[] vector)
    {
        if (vector.Length != Dimensions)
        {
            throw new FormatException(
                $"The model '{Model}' made a vector of {vector.Length} numbers instead of {Dimensions}; set Granary:Models:EmbedderDimensions to what it makes, and vectors made before are of no use.");
        }

        double squares = 0;
        foreach (var number in vector)
        {
            squares += (double)number * number;
        }

        var length = Math.Sqrt(squares);
        if (!double.IsFinite(length) || length <= 0)
        {
            throw new FormatException($"The model '{Model}' made a vector that has no direction.");
        }

        for (var index = 0; index < vector.Length; index++)
        {
            vector[index] = (float)(vector[index] / length);
        }

        return vector;
    }

    /// <summary>A text by its hash: the text itself may be long, and is nobody's business in a cache.</summary>
    private readonly record struct TextKey(UInt128 High, UInt128 Low)
    {
        public static TextKey Of(string text, EmbeddingPurpose purpose)
        {
            var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length) + 1];
            bytes[0] = (byte)purpose;
            var length = Encoding.UTF8.GetBytes(text, bytes.AsSpan(1));
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes.AsSpan(0, length + 1), hash);
            return new TextKey(
                System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash),
                System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
        }
    }
}
