using System.Runtime.CompilerServices;
using Granary.Core.Recall;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Functions;

/// <summary>Finds functions by words and by meaning.</summary>
internal sealed partial class FunctionSearch(IEmbedder? embedder, ILogger logger)
{
    // Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009), with the constant of the paper.
    private const double FusionConstant = 60;

    // Kept as long as the function itself.
    private readonly ConditionalWeakTable<AgentFunction, float[]> vectors = [];

    /// <summary>The functions that fit best, the best first; ties by name.</summary>
    public async Task<IReadOnlyList<AgentFunction>> FindAsync(
        string query, IReadOnlyList<AgentFunction> functions, int limit, CancellationToken cancellationToken)
    {
        var scores = new double[functions.Count];
        var byWords = WordRanking.Score(query, [.. functions.Select(static function => (function.Terms.Counts, function.Terms.Length))]);
        AddRanks(scores, byWords, functions.Count, functions);
        if (await ScoreByMeaningAsync(query, functions, cancellationToken).ConfigureAwait(false) is { } byMeaning)
        {
            // Everything means something: only the nearest count.
            AddRanks(scores, byMeaning, limit, functions);
        }

        return
        [
            .. Enumerable.Range(0, functions.Count)
                .Where(i => scores[i] > 0)
                .OrderByDescending(i => scores[i])
                .ThenBy(i => functions[i].Name, StringComparer.Ordinal)
                .Take(limit)
                .Select(i => functions[i]),
        ];
    }

    /// <summary>Makes the vectors of functions that have none yet. An embedder that fails is logged and nothing else.</summary>
    public async Task<bool> EmbedAsync(IReadOnlyList<AgentFunction> functions, CancellationToken cancellationToken)
    {
        if (embedder is null)
        {
            return false;
        }

        try
        {
            AgentFunction[] missing = [.. functions.Where(function => !vectors.TryGetValue(function, out _))];
            if (missing.Length > 0)
            {
                var made = await embedder
                    .EmbedAsync([.. missing.Select(static function => $"{function.Name}: {function.Description}")], EmbeddingPurpose.Document, cancellationToken)
                    .ConfigureAwait(false);
                for (var i = 0; i < missing.Length; i++)
                {
                    vectors.AddOrUpdate(missing[i], made[i]);
                }
            }

            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogEmbedderFailed(failure);
            return false;
        }
    }

    private static double Dot(float[] left, float[] right)
    {
        var sum = 0.0;
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            sum += left[i] * right[i];
        }

        return sum;
    }

    private static void AddRanks(double[] scores, double[] measured, int limit, IReadOnlyList<AgentFunction> functions)
    {
        var ranked = Enumerable.Range(0, measured.Length)
            .Where(i => measured[i] > 0)
            .OrderByDescending(i => measured[i])
            .ThenBy(i => functions[i].Name, StringComparer.Ordinal)
            .Take(limit);
        var rank = 1;
        foreach (var i in ranked)
        {
            scores[i] += 1 / (FusionConstant + rank++);
        }
    }

    private async Task<double[]?> ScoreByMeaningAsync(string query, IReadOnlyList<AgentFunction> functions, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(query) || !await EmbedAsync(functions, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        try
        {
            var asked = (await embedder!.EmbedAsync([query], EmbeddingPurpose.Query, cancellationToken).ConfigureAwait(false))[0];
            return [.. functions.Select(function => vectors.TryGetValue(function, out var vector) ? Dot(vector, asked) : 0)];
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogEmbedderFailed(failure);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Functions are searched by words only: the embedder failed.")]
    private partial void LogEmbedderFailed(Exception failure);
}
