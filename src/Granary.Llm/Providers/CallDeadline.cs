namespace Granary.Llm.Providers;

/// <summary>When an answer must be there, whichever provider gives it.</summary>
/// <param name="time">The clock.</param>
/// <param name="patience">How long it may take from now.</param>
internal sealed class CallDeadline(TimeProvider time, TimeSpan patience)
{
    /// <summary>The share of the time that providers get: the caller's own end must not come before theirs, or no provider is to blame.</summary>
    private const double Used = 0.9;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    private readonly long _begun = time.GetTimestamp();

    /// <summary>What a provider gets, so that those behind it get as much.</summary>
    /// <param name="providers">How many there are, it and those behind it.</param>
    public TimeSpan Share(int providers)
    {
        var share = (patience - time.GetElapsedTime(_begun)) * Used / providers;
        return share > Least ? share : Least;
    }
}

/// <summary>Models that can be asked within a time.</summary>
internal interface ITimedChatModels
{
    /// <summary>Asks for a whole answer; a provider that takes its share of the time has failed, and the next is asked.</summary>
    Task<ChatResponse> CompleteAsync(ChatRequest request, CallDeadline deadline, CancellationToken cancellationToken);
}
