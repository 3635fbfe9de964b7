namespace Granary.Http.Endpoints.Memories;

/// <summary>Settings of <c>POST /memory/retrieve</c> (<c>Granary:Retrieval</c>).</summary>
public sealed class RetrievalOptions
{
    /// <summary>The model that writes answers out of what was retrieved; null for the one that summarizes (<c>Granary:Models:Summarizer</c>), if there is one.</summary>
    public string? Model { get; set; }

    /// <summary>Seconds that it may take before the facts alone are the answer, 1 to 600; 30 by default.</summary>
    public double TimeoutSeconds { get; set; } = 30;

    internal IEnumerable<string> Validate(string path)
    {
        if (TimeoutSeconds is not (>= 1 and <= 600))
        {
            yield return $"{path}:TimeoutSeconds must be 1 to 600.";
        }
    }
}

/// <summary>Settings of the enrichment of contexts (<c>Granary:Enrichment</c>).</summary>
public sealed class EnrichmentOptions
{
    /// <summary>Whether contexts are enriched where the request does not say; off by default.</summary>
    public bool Enabled { get; set; }

    /// <summary>The model that decides whether memory is needed; null for the one that summarizes, if there is one, else key words decide.</summary>
    public string? Model { get; set; }

    /// <summary>Seconds that the model may take before key words decide, 0.1 to 60; 3 by default.</summary>
    public double TimeoutSeconds { get; set; } = 3;

    /// <summary>How many memories at the most, 1 to 100; 5 by default.</summary>
    public int Limit { get; set; } = 5;

    /// <summary>Tokens that they may have together, 1 to 100,000; 1,000 by default.</summary>
    public int MaxTokens { get; set; } = 1_000;

    internal IEnumerable<string> Validate(string path)
    {
        if (TimeoutSeconds is not (>= 0.1 and <= 60))
        {
            yield return $"{path}:TimeoutSeconds must be 0.1 to 60.";
        }

        if (Limit is < 1 or > 100)
        {
            yield return $"{path}:Limit must be 1 to 100.";
        }

        if (MaxTokens is < 1 or > 100_000)
        {
            yield return $"{path}:MaxTokens must be 1 to 100000.";
        }
    }
}
