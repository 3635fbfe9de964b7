using System.Collections.Concurrent;
using Granary.Core.Recall;

namespace Granary.Conformance.Memory;

/// <summary>
/// Vectors that mean something: a text is the sum of its words, and words of one concept are the same. A test can hold it, make it fail, and ask what it was asked.
/// </summary>
public sealed class ConceptEmbedder : IEmbedder
{
    private static readonly string[][] Concepts =
    [
        ["dog", "dogs", "puppy", "hound", "terrier", "canine", "canid"],
        ["car", "cars", "automobile", "vehicle", "sedan"],
        ["doctor", "doctors", "physician", "surgeon"],
        ["sea", "ocean", "coast", "seaside"],
        ["bread", "loaf", "bakery", "baguette"],
        ["angry", "furious", "cross"],
    ];

    private static readonly HashSet<string> Empty = new(["a", "the", "is", "my", "i", "to", "of", "and", "what", "was", "does", "have", "with", "in"], StringComparer.OrdinalIgnoreCase);

    private TaskCompletionSource? _gate;
    private TaskCompletionSource _entered = New();
    private int _failures;

    /// <inheritdoc/>
    public string Model { get; set; } = "concepts";

    /// <inheritdoc/>
    public int Dimensions { get; set; } = 64;

    /// <summary>Whether every call fails.</summary>
    public bool IsDown { get; set; }

    /// <summary>Decides of each text whether a call with it fails.</summary>
    public Func<string, bool>? Refuses { get; set; }

    /// <summary>The texts that were to be found, in order.</summary>
    public ConcurrentQueue<string> Documents { get; } = new();

    /// <summary>The queries, in order.</summary>
    public ConcurrentQueue<string> Queries { get; } = new();

    /// <summary>Ends when a call has come since <see cref="Hold"/>.</summary>
    public Task Entered => _entered.Task.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Holds the calls from now on; <see cref="Release"/> lets them go on.</summary>
    public void Hold()
    {
        _entered = New();
        _gate = New();
    }

    /// <summary>Lets held calls go on.</summary>
    public void Release()
    {
        var gate = _gate;
        _gate = null;
        gate?.TrySetResult();
    }

    /// <summary>Makes the next calls fail.</summary>
    public void Fail(int count) => _failures = count;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken = default)
    {
        foreach (var text in texts)
        {
            (purpose == EmbeddingPurpose.Query ? Queries : Documents).Enqueue(text);
        }

        _entered.TrySetResult();
        if (_gate is { } held)
        {
            await held.Task.WaitAsync(cancellationToken);
        }

        if (IsDown || Interlocked.Decrement(ref _failures) >= 0 || texts.Any(text => Refuses?.Invoke(text) == true))
        {
            throw new InvalidOperationException("The model is down.");
        }

        return [.. texts.Select(VectorOf)];
    }

    /// <summary>The vector of a text.</summary>
    public float[] VectorOf(string text)
    {
        var vector = new float[Dimensions];
        foreach (var word in text.Split([' ', '.', ',', '?', '!', ':', ';', '\'', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => !Empty.Contains(word)))
        {
            var concept = Array.FindIndex(Concepts, words => words.Contains(word, StringComparer.OrdinalIgnoreCase));
            var random = new Random(Hash(Model + (concept >= 0 ? $"concept {concept}" : word.ToLowerInvariant())));
            for (var i = 0; i < vector.Length; i++)
            {
                vector[i] += (random.NextSingle() * 2) - 1;
            }
        }

        var length = MathF.Sqrt(vector.Sum(value => value * value));
        if (length == 0)
        {
            (vector[0], length) = (1, 1);
        }

        return Array.ConvertAll(vector, value => value / length);
    }

    // The same in every process.
    private static int Hash(string text) => text.Aggregate(17, (hash, c) => unchecked((hash * 31) + c));

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
