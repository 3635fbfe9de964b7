namespace Granary.Core.Users;

/// <summary>How memory is made and found by vectors, where an embedder is there.</summary>
public sealed class MemoryVectorOptions
{
    /// <summary>How long a recall waits for its query's vector, above zero; after that it goes by words. 2 seconds by default.</summary>
    public TimeSpan QueryTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long what is new waits for more, so that one call of the embedder takes them together; zero or more. 1 second by default.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Texts of one call of the embedder, 1 to 1,000. 96 by default.</summary>
    public int BatchTexts { get; set; } = 96;

    /// <summary>Vectors from which a segment is written; fewer are read one by one with an activation.</summary>
    internal int SegmentVectors { get; set; } = 256;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="InvalidOperationException">One is out of its range; the message names it.</exception>
    public void Validate()
    {
        Require(QueryTimeout > TimeSpan.Zero && QueryTimeout <= TimeSpan.FromMinutes(1), nameof(QueryTimeout), "must be above zero and at most one minute");
        Require(Delay >= TimeSpan.Zero && Delay <= TimeSpan.FromMinutes(10), nameof(Delay), "must be zero to 10 minutes");
        Require(BatchTexts is >= 1 and <= 1_000, nameof(BatchTexts), "must be 1 to 1000");
    }

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Granary:Vectors:{name} {rule}.");
        }
    }
}
