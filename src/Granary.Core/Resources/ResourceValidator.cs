using Granary.Core.Messages;
using Granary.Core.Privacy;

namespace Granary.Core.Resources;

/// <summary>The rules that a memory resource follows.</summary>
internal static class ResourceValidator
{
    /// <summary>Characters of a description.</summary>
    public const int MaxDescriptionLength = 2_000;

    /// <summary>Redaction patterns of a resource: each is tried on every message.</summary>
    public const int MaxPatterns = 50;

    /// <summary>Priority keywords of a resource.</summary>
    public const int MaxKeywords = 200;

    /// <summary>Characters of a priority keyword.</summary>
    public const int MaxKeywordLength = 100;

    /// <summary>Characters of a redaction string.</summary>
    public const int MaxRedactionStringLength = 64;

    /// <summary>The greatest count or number of tokens: two of them still fit an int.</summary>
    private const int MaxCount = 1_000_000_000;

    /// <summary>A century.</summary>
    private const int MaxDays = 36_500;

    private const int MinContextTokens = 256;
    private const int MaxContextTokens = 100_000_000;
    private const int MinTokens = 16;
    private const double SumTolerance = 0.001;

    /// <summary>Checks a resource.</summary>
    /// <param name="resource">The resource; its revision is not looked at.</param>
    /// <param name="prefix">What stands before the field's name in errors, for example <c>resources[3].</c>.</param>
    /// <exception cref="InvalidRequestException">It breaks a rule; the field is named as in <c>compaction.turn_buffer</c>.</exception>
    public static void Validate(MemoryResource resource, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(resource);
        var rules = new FieldRules(prefix);
        Ids.Require(resource.Name, $"{prefix}name");
        rules.Text("description", resource.Description, MaxDescriptionLength);

        Validate(rules.Required("budget", resource.Budget), rules.Within("budget."));
        Validate(rules.Required("compaction", resource.Compaction), rules.Within("compaction."));
        if (resource.Allocation is { } allocation)
            Validate(allocation, rules);
        Validate(rules.Required("eviction", resource.Eviction), rules.Within("eviction."));
        Validate(rules.Required("privacy", resource.Privacy), rules.Within("privacy."));
        Validate(rules.Required("retention", resource.Retention), rules.Within("retention."));
        if (resource.KeyTemplate is { } template)
            Validate(template, rules);
    }

    private static void Validate(BudgetPolicy budget, FieldRules rules)
    {
        if (budget.Model is { } model)
            rules.Name("model", model, MessageLimits.MaxNameLength);
        rules.Range("output_tokens", budget.OutputTokens, 0, MaxCount);
        rules.Range("safety_tokens", budget.SafetyTokens, 0, MaxCount);
        rules.Share("trigger_ratio", budget.TriggerRatio);
        if (budget.ContextTokens is not { } context)
            return;

        rules.Range("context_tokens", context, MinContextTokens, MaxContextTokens);
        if ((long)context - budget.OutputTokens - budget.SafetyTokens < MinTokens)
            rules.Refuse("context_tokens", "must be at least 16 more than output_tokens and safety_tokens together");
    }

    private static void Validate(CompactionPolicy compaction, FieldRules rules)
    {
        rules.Defined("strategy", compaction.Strategy);
        rules.Range("turn_buffer", compaction.TurnBuffer, 1, MaxCount);
        rules.Range("retain_turns", compaction.RetainTurns, 1, MaxCount);
        rules.Range("max_messages", compaction.MaxMessages, 2, MaxCount);
        rules.Range("max_tokens", compaction.MaxTokens, MinTokens, MaxCount);
        rules.Share("threshold", compaction.Threshold);
        rules.Range("summary_tokens", compaction.SummaryTokens, MinTokens, MaxCount);
        rules.Share("summarize_oldest", compaction.SummarizeOldest);
    }

    private static void Validate(AllocationPolicy allocation, FieldRules rules)
    {
        var shares = rules.Within("allocation.");
        shares.ShareOrNone("system", allocation.System);
        shares.ShareOrNone("long_term", allocation.LongTerm);
        shares.ShareOrNone("short_term", allocation.ShortTerm);
        shares.ShareOrNone("user_defined", allocation.UserDefined);
        var sum = allocation.System + allocation.LongTerm + allocation.ShortTerm + allocation.UserDefined;
        if (Math.Abs(sum - 1) > SumTolerance + 1e-9)
            rules.Refuse("allocation", "must have shares that sum to 1 (within 0.001)");
    }

    private static void Validate(EvictionPolicy eviction, FieldRules rules)
    {
        rules.Defined("order", eviction.Order);
        var keywords = rules.Required("priority_keywords", eviction.PriorityKeywords);
        if (keywords.Count > MaxKeywords)
            rules.Refuse("priority_keywords", "must be at most 200");
        if (keywords.Count == 0 && eviction.Order == EvictionOrder.Priority)
            rules.Refuse("priority_keywords", "must not be empty where order is priority");
        for (var i = 0; i < keywords.Count; i++)
        {
            rules.Name($"priority_keywords[{i}]", keywords[i], MaxKeywordLength);
            if (string.IsNullOrWhiteSpace(keywords[i]))
                rules.Refuse($"priority_keywords[{i}]", "must not be blank");
        }
    }

    private static void Validate(PrivacyPolicy privacy, FieldRules rules)
    {
        var patterns = rules.Required("redact_patterns", privacy.RedactPatterns);
        if (patterns.Count > MaxPatterns)
            rules.Refuse("redact_patterns", "must be at most 50");
        for (var i = 0; i < patterns.Count; i++)
        {
            if (PatternScreen.WhyRefused(rules.Required($"redact_patterns[{i}]", patterns[i])) is { } rule)
                rules.Refuse($"redact_patterns[{i}]", rule);
        }

        var roles = rules.Required("non_persistable_roles", privacy.NonPersistableRoles);
        for (var i = 0; i < roles.Count; i++)
            rules.Defined($"non_persistable_roles[{i}]", roles[i]);

        rules.Name("redaction_string", privacy.RedactionString, MaxRedactionStringLength);
        if (string.IsNullOrWhiteSpace(privacy.RedactionString))
            rules.Refuse("redaction_string", "must not be blank");
    }

    private static void Validate(RetentionPolicy retention, FieldRules rules)
    {
        rules.Range("end_after_idle_days", retention.EndAfterIdleDays, 1, MaxDays);
        rules.Range("erase_after_days", retention.EraseAfterDays, 1, MaxDays);
    }

    private static void Validate(string template, FieldRules rules)
    {
        try
        {
            KeyTemplate.Parse(template);
        }
        catch (InvalidRequestException e)
        {
            rules.Refuse(e.Field, e.Rule);
        }
    }
}
