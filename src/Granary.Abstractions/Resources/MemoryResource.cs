namespace Granary;

/// <summary>A named bundle of policies that sessions are created with. Immutable.</summary>
/// <remarks>
/// Generated JSON readers set every init-only property, those that the JSON leaves out to null or 0. So defaults that are neither stand where such a
/// reader finds them: as defaults of constructor parameters, or in the accessor.
/// </remarks>
public sealed record MemoryResource
{
    /// <summary>The name of the resource of sessions that name none.</summary>
    public const string DefaultName = "default";

    /// <summary>Its name; follows <see cref="Ids"/>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>Counts its changes, from 1. Given by the catalog.</summary>
    public long Revision { get; init => field = Math.Max(1, value); } = 1;

    /// <summary>Token budget.</summary>
    public BudgetPolicy Budget { get; init => field = value ?? new(); } = new();

    /// <summary>When to fold, and what.</summary>
    public CompactionPolicy Compaction { get; init => field = value ?? new(); } = new();

    /// <summary>How the budget is shared out, or null for no shares.</summary>
    public AllocationPolicy? Allocation { get; init; }

    /// <summary>What to fold first.</summary>
    public EvictionPolicy Eviction { get; init => field = value ?? new(); } = new();

    /// <summary>What must not be stored.</summary>
    public PrivacyPolicy Privacy { get; init => field = value ?? new(); } = new();

    /// <summary>How long sessions live.</summary>
    public RetentionPolicy Retention { get; init => field = value ?? new(); } = new();

    /// <summary>How a session's id is made of given values, for example <c>support:{{customer}}:{{topic}}</c>; null if it is not.</summary>
    public string? KeyTemplate { get; init; }

    /// <summary>Whether its sessions can only be read: appends and changes are refused with <see cref="ErrorCodes.ReadOnly"/>.</summary>
    public bool ReadOnly { get; init; }
}

/// <summary>The token budget: input budget = context - output - safety.</summary>
/// <param name="Model">The model that the token estimator should count for, or null.</param>
/// <param name="ContextTokens">
/// The model's context window in tokens, 256 to 100,000,000; null: an input budget of 8,192 tokens, and output and safety are not taken off.
/// </param>
/// <param name="OutputTokens">Tokens kept free for the answer, 0 or more.</param>
/// <param name="SafetyTokens">Tokens kept free because counts are estimates, 0 or more.</param>
/// <param name="TriggerRatio">The share of the input budget at which compaction is due, above 0 up to 1.</param>
public sealed record BudgetPolicy(
    string? Model = null, int? ContextTokens = null, int OutputTokens = 0, int SafetyTokens = 256, double TriggerRatio = 0.8)
{
    /// <summary>The budget of sessions whose model is not known, in tokens.</summary>
    public const int DefaultInputTokens = 8_192;

    /// <summary>The tokens that a context may have.</summary>
    public int InputBudget() => ContextTokens is { } context ? Math.Max(0, context - OutputTokens - SafetyTokens) : DefaultInputTokens;
}

/// <summary>When to fold, and what. Compaction is due as soon as one of the limits that are set is reached.</summary>
/// <param name="Strategy">How to choose what to fold.</param>
/// <param name="TurnBuffer">
/// Fold when there are more than this many turns plus <paramref name="RetainTurns"/> that are not folded; null for no such limit. 1 or more.
/// </param>
/// <param name="RetainTurns">
/// Turns that <see cref="CompactionStrategy.TurnBuffer"/>, <see cref="CompactionStrategy.TokenBudget"/> and
/// <see cref="CompactionStrategy.HybridSummary"/> leave at the end, 1 or more.
/// </param>
/// <param name="MaxMessages">Messages that may stay unfolded; null for no such limit. 2 or more.</param>
/// <param name="MaxTokens">Tokens that may stay unfolded; null: the input budget of the resource. 16 or more.</param>
/// <param name="Threshold">The share of <paramref name="MaxMessages"/> or <paramref name="MaxTokens"/> at which compaction is due, above 0 up to 1.</param>
/// <param name="SummaryTokens">Tokens that one summary may have, 16 or more.</param>
/// <param name="SummarizeOldest">The share of the unfolded messages that <see cref="CompactionStrategy.HybridSummary"/> folds, above 0 up to 1.</param>
public sealed record CompactionPolicy(
    CompactionStrategy Strategy = CompactionStrategy.TurnBuffer, int? TurnBuffer = null, int RetainTurns = 4, int? MaxMessages = null,
    int? MaxTokens = null, double Threshold = 0.8, int SummaryTokens = 500, double SummarizeOldest = 0.3);

/// <summary>How the input budget is shared out. The shares are 0 to 1 and sum to 1 (within 0.001).</summary>
/// <param name="System">System messages (never folded; what they need beyond their share is taken from the turns' share).</param>
/// <param name="LongTerm">The snapshot: summaries and facts; never more than a quarter of the budget.</param>
/// <param name="ShortTerm">The turns that are not folded: compaction is due at the trigger ratio of this share.</param>
/// <param name="UserDefined">Kept free for what the caller adds to the prompt.</param>
public sealed record AllocationPolicy(double System, double LongTerm, double ShortTerm, double UserDefined);

/// <summary>The order in which blocks are folded.</summary>
public sealed record EvictionPolicy
{
    /// <summary>Words that make a message important where none are given.</summary>
    public static IReadOnlyList<string> DefaultKeywords { get; } =
    [
        "error", "critical", "important", "warning", "failed", "exception", "issue", "problem", "urgent", "key", "essential", "required",
    ];

    /// <summary>The order.</summary>
    public EvictionOrder Order { get; init; } = EvictionOrder.Strategy;

    /// <summary>Words (whole, any case) that make a user's or assistant's message important; used by <see cref="EvictionOrder.Priority"/>.</summary>
    public IReadOnlyList<string> PriorityKeywords { get; init => field = value ?? DefaultKeywords; } = DefaultKeywords;
}

/// <summary>Orders of <see cref="EvictionPolicy"/>.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(Serialization.SnakeCaseEnumConverter<EvictionOrder>))]
public enum EvictionOrder
{
    /// <summary>As the compaction strategy says.</summary>
    Strategy,

    /// <summary>The oldest first.</summary>
    Fifo,

    /// <summary>The longest unused first.</summary>
    Lru,

    /// <summary>Tool messages, then ordinary ones, then those with a keyword; the oldest first within each.</summary>
    Priority,
}

/// <summary>What must not be stored. Applied before anything is stored, embedded or summarized; a failure redacts the whole message.</summary>
public sealed record PrivacyPolicy
{
    /// <summary>Regular expressions (.NET syntax) whose matches are replaced; refused when they could run away.</summary>
    public IReadOnlyList<string> RedactPatterns { get; init => field = value ?? []; } = [];

    /// <summary>Roles whose messages are stored without their content.</summary>
    public IReadOnlyList<MessageRole> NonPersistableRoles { get; init => field = value ?? []; } = [];

    /// <summary>What replaces a match or a content, 1 to 64 characters.</summary>
    public string RedactionString { get; init => field = value ?? "[REDACTED]"; } = "[REDACTED]";
}

/// <summary>How long sessions live.</summary>
public sealed record RetentionPolicy
{
    /// <summary>Days without a message after which an active session is ended; null for never. 1 or more.</summary>
    public int? EndAfterIdleDays { get; init; }

    /// <summary>Days after its end (or its last message) after which a session is erased; null for never. 1 or more.</summary>
    public int? EraseAfterDays { get; init; }
}
