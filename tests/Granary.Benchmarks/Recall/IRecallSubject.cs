namespace Granary.Benchmarks.Recall;

/// <summary>What recall's quality is measured of: the library by itself, or a whole service.</summary>
internal interface IRecallSubject
{
    /// <summary>Remembers a conversation as the memory of one new user.</summary>
    Task<IRecallMemory> LoadAsync(Locomo conversation);
}

/// <summary>The memory of one user.</summary>
internal interface IRecallMemory
{
    /// <summary>The best turns, best first, with their tokens.</summary>
    Task<IReadOnlyList<(string Session, long Sequence, int Tokens)>> RecallAsync(string query, int limit);

    /// <summary>The best sessions, best first.</summary>
    Task<IReadOnlyList<string>> RecallSessionsAsync(string query, int limit);
}
