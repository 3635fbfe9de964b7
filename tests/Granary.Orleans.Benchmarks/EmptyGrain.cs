using Orleans.Concurrency;

namespace Granary.Orleans.Benchmarks;

/// <summary>The reference for a context call: the same argument and the same kind of answer.</summary>
[Alias("granary.benchmarks.empty")]
internal interface IEmptyGrain : IGrainWithStringKey
{
    [Alias("get")]
    ValueTask<SessionContext> GetAsync(ContextOptions options);
}

/// <summary>Answers the same object each time.</summary>
[GrainType("empty")]
[Reentrant]
internal sealed class EmptyGrain : Grain, IEmptyGrain
{
    private static readonly SessionContext Answer = new()
    {
        SessionId = "session",
        UserId = "user",
        AgentId = "agent",
        Status = SessionStatus.Active,
        Epoch = 1,
        LastSequence = 0,
        TurnCount = 0,
        ActiveContext = [],
        Messages = [],
        CumulativeSummary = "",
        Tokens = new TokenUsage(0, 0, 0, 0, 0),
        OmittedMessages = 0,
        ETag = "\"0\"",
    };

    public ValueTask<SessionContext> GetAsync(ContextOptions options) => ValueTask.FromResult(Answer);
}
