using System.Collections.Concurrent;
using Granary.Core.Recall;

namespace Granary.Providers.Tests.Postgres;

/// <summary>
/// Gives each word a direction of its own, so that texts without a common word stand at a right angle; synonyms share theirs.
/// </summary>
internal sealed class WordEmbedder(string model = "words", int dimensions = 256) : IEmbedder
{
    private static readonly Dictionary<string, string> Synonyms = new() { ["automobile"] = "car", ["vehicle"] = "car" };

    private readonly ConcurrentDictionary<string, int> _directions = new();
    private int _last = -1;

    public string Model => model;

    public int Dimensions => dimensions;

    /// <summary>What it does instead of working, or null.</summary>
    public Func<IReadOnlyList<string>, Exception?>? Fault { get; set; }

    /// <summary>Texts that it was asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public ValueTask<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var text in texts)
        {
            Asked.Enqueue(text);
        }

        return Fault?.Invoke(texts) is { } fault
            ? ValueTask.FromException<IReadOnlyList<float[]>>(fault)
            : ValueTask.FromResult<IReadOnlyList<float[]>>([.. texts.Select(VectorOf)]);
    }

    private float[] VectorOf(string text)
    {
        var vector = new float[dimensions];
        var words = text.Split([' ', '.', ',', '?', '!', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
        foreach (var word in words.Length > 0 ? words : [text])
        {
            var lower = word.ToLowerInvariant();
            vector[_directions.GetOrAdd(Synonyms.GetValueOrDefault(lower, lower), _ => Interlocked.Increment(ref _last)) % dimensions]++;
        }

        var length = MathF.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => x / length)];
    }
}
