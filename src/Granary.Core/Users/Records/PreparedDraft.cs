namespace Granary.Core.Users.Records;

/// <summary>A draft with what takes time to find out about it, found out outside the gate.</summary>
internal sealed class PreparedDraft
{
    /// <param name="draft">The draft, which keeps the rules.</param>
    /// <param name="field">Its name in errors.</param>
    /// <param name="origin">How its text came about.</param>
    public PreparedDraft(MemoryDraft draft, string field, MemoryOrigin origin = MemoryOrigin.Told)
    {
        Origin = origin;
        Draft = draft with { Metadata = draft.Metadata?.Clone() };
        Field = field;
        Key = ContentKey.Of(draft.Kind, Agent, draft.Content, draft.Scope);
    }

    public MemoryDraft Draft { get; }

    public string Field { get; }

    public MemoryOrigin Origin { get; }

    public string Agent => Draft.AgentId ?? Ids.DefaultAgent;

    public UInt128 Key { get; }
}
