namespace Granary.Core.Tokens;

/// <summary>How much more tokens than the estimate each model makes, learned from what providers report. Safe for all threads.</summary>
internal sealed class ModelCalibration
{
    /// <summary>Models that are remembered; of more, the one longest without a report is forgotten.</summary>
    public const int MaxModels = 256;

    /// <summary>The least ratio; below it a report is taken for a mistake, or for a prompt served from elsewhere.</summary>
    public const double MinRatio = 0.25;

    /// <summary>The greatest ratio.</summary>
    public const double MaxRatio = 4;

    /// <summary>The weight of a new report once a model is known: the last twenty or so count.</summary>
    private const double Weight = 0.1;

    /// <summary>Tokens from which a report has its full weight: a short text says little about the rest.</summary>
    private const double FullWeightTokens = 200;

    private readonly Lock gate = new();

    // Read without a lock on every count, replaced when a model comes or goes.
    private volatile Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private long clock;

    /// <summary>Corrects an estimate for a model.</summary>
    public int Apply(int tokens, string? model)
    {
        var known = entries;
        return tokens == 0 || model is null || known.Count == 0 || !known.TryGetValue(model, out var entry)
            ? tokens
            : (int)Math.Clamp(Math.Round(tokens * entry.Ratio), 1, int.MaxValue);
    }

    /// <summary>Learns from a report.</summary>
    public void Observe(string model, int counted, int reported)
    {
        if (counted < 1 || reported < 1)
        {
            return;
        }

        lock (gate)
        {
            if (!entries.TryGetValue(model, out var entry))
            {
                entry = new Entry();
                var next = new Dictionary<string, Entry>(entries, StringComparer.Ordinal) { [model] = entry };
                if (next.Count > MaxModels)
                {
                    next.Remove(next.Where(item => item.Value != entry).MinBy(item => item.Value.Observed).Key);
                }

                entries = next;
            }

            // What was counted had the ratio of that time in it: the report corrects the ratio, it does not replace it.
            var target = Math.Clamp(entry.Ratio * Math.Clamp((double)reported / counted, MinRatio, MaxRatio), MinRatio, MaxRatio);
            var share = Math.Max(Weight, 1.0 / (entry.Reports + 2)) * Math.Min(1, counted / FullWeightTokens);
            entry.Ratio += share * (target - entry.Ratio);
            entry.Reports++;
            entry.Observed = ++clock;
        }
    }

    private sealed class Entry
    {
        private long ratio = BitConverter.DoubleToInt64Bits(1);

        public double Ratio
        {
            get => BitConverter.Int64BitsToDouble(Volatile.Read(ref ratio));
            set => Volatile.Write(ref ratio, BitConverter.DoubleToInt64Bits(value));
        }

        public int Reports { get; set; }

        public long Observed { get; set; }
    }
}
