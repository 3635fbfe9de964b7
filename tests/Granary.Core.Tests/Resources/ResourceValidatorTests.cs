using Granary.Core.Resources;

namespace Granary.Core.Tests.Resources;

public class ResourceValidatorTests
{
    public static TheoryData<string, MemoryResource, string> Bad()
    {
        var data = new TheoryData<string, MemoryResource, string>();
        Add("name", R with { Name = null! }, "is required");
        Add("name", R with { Name = "" }, "must be 1 to 128 characters");
        Add("name", R with { Name = "a b" }, "must be 1 to 128 characters");
        Add("name", R with { Name = ".." }, "must be 1 to 128 characters");
        Add("description", R with { Description = new string('x', 2_001) }, "at most 2000 characters");
        Add("description", R with { Description = "\uD800" }, "at most 2000 characters");

        Budget("model", new BudgetPolicy { Model = "" }, "1 to 256 characters");
        Budget("model", new BudgetPolicy { Model = "a\n" }, "control character");
        Budget("context_tokens", new BudgetPolicy { ContextTokens = 255, SafetyTokens = 0 }, "must be 256 to 100000000");
        Budget("context_tokens", new BudgetPolicy { ContextTokens = 100_000_001 }, "must be 256 to 100000000");
        Budget("context_tokens", new BudgetPolicy { ContextTokens = 256 }, "at least 16 more than output_tokens and safety_tokens");
        Budget("context_tokens", new BudgetPolicy { ContextTokens = 8_000, OutputTokens = 1_000_000_000, SafetyTokens = 1_000_000_000 }, "at least 16 more");
        Budget("output_tokens", new BudgetPolicy { OutputTokens = -1 }, "must be 0 to 1000000000");
        Budget("safety_tokens", new BudgetPolicy { SafetyTokens = -1 }, "must be 0 to 1000000000");
        foreach (var share in BadShares)
        {
            Budget("trigger_ratio", new BudgetPolicy { TriggerRatio = share }, "above 0 and at most 1");
            Compaction("threshold", new CompactionPolicy { Threshold = share }, "above 0 and at most 1");
            Compaction("summarize_oldest", new CompactionPolicy { SummarizeOldest = share }, "above 0 and at most 1");
        }

        Compaction("strategy", new CompactionPolicy { Strategy = (CompactionStrategy)6 }, "one of turn_buffer, token_budget, fifo, lru, token_aware_lru, hybrid_summary");
        Compaction("turn_buffer", new CompactionPolicy { TurnBuffer = 0 }, "must be 1 to 1000000000");
        Compaction("turn_buffer", new CompactionPolicy { TurnBuffer = int.MaxValue }, "must be 1 to 1000000000");
        Compaction("retain_turns", new CompactionPolicy { RetainTurns = 0 }, "must be 1 to 1000000000");
        Compaction("max_messages", new CompactionPolicy { MaxMessages = 1 }, "must be 2 to 1000000000");
        Compaction("max_tokens", new CompactionPolicy { MaxTokens = 15 }, "must be 16 to 1000000000");
        Compaction("summary_tokens", new CompactionPolicy { SummaryTokens = 15 }, "must be 16 to 1000000000");

        Add("allocation.system", R with { Allocation = new AllocationPolicy(-0.1, 0.5, 0.5, 0.1) }, "must be 0 to 1");
        Add("allocation.long_term", R with { Allocation = new AllocationPolicy(0, 1.1, 0, 0) }, "must be 0 to 1");
        Add("allocation.short_term", R with { Allocation = new AllocationPolicy(0, 0, double.NaN, 1) }, "must be 0 to 1");
        Add("allocation.user_defined", R with { Allocation = new AllocationPolicy(0, 0, 0, double.PositiveInfinity) }, "must be 0 to 1");
        Add("allocation", R with { Allocation = new AllocationPolicy(0.1, 0.2, 0.3, 0.3) }, "sum to 1");
        Add("allocation", R with { Allocation = new AllocationPolicy(0.1, 0.2, 0.7, 0.002) }, "sum to 1");

        Add("eviction.order", R with { Eviction = new EvictionPolicy { Order = (EvictionOrder)4 } }, "one of strategy, fifo, lru, priority");
        Add("eviction.priority_keywords", R with { Eviction = new EvictionPolicy { Order = EvictionOrder.Priority, PriorityKeywords = [] } }, "must not be empty");
        Add("eviction.priority_keywords", R with { Eviction = new EvictionPolicy { PriorityKeywords = [.. Enumerable.Repeat("a", 201)] } }, "at most 200");
        Add("eviction.priority_keywords[1]", R with { Eviction = new EvictionPolicy { PriorityKeywords = ["a", ""] } }, "1 to 100 characters");
        Add("eviction.priority_keywords[0]", R with { Eviction = new EvictionPolicy { PriorityKeywords = [" "] } }, "must not be blank");
        Add("eviction.priority_keywords[0]", R with { Eviction = new EvictionPolicy { PriorityKeywords = [null!] } }, "is required");

        Privacy("redact_patterns[1]", new PrivacyPolicy { RedactPatterns = ["a", "(a+)+"] }, "repeats something itself");
        Privacy("redact_patterns[0]", new PrivacyPolicy { RedactPatterns = ["("] }, "not a valid regular expression");
        Privacy("redact_patterns[0]", new PrivacyPolicy { RedactPatterns = [null!] }, "is required");
        Privacy("redact_patterns", new PrivacyPolicy { RedactPatterns = [.. Enumerable.Repeat("a", 51)] }, "at most 50");
        Privacy("non_persistable_roles[0]", new PrivacyPolicy { NonPersistableRoles = [(MessageRole)7] }, "one of system, user, assistant, tool");
        Privacy("redaction_string", new PrivacyPolicy { RedactionString = "" }, "1 to 64 characters");
        Privacy("redaction_string", new PrivacyPolicy { RedactionString = new string('x', 65) }, "1 to 64 characters");
        Privacy("redaction_string", new PrivacyPolicy { RedactionString = "a\nb" }, "control character");
        Privacy("redaction_string", new PrivacyPolicy { RedactionString = "  " }, "must not be blank");
        Privacy("redaction_string", new PrivacyPolicy { RedactionString = "\uDC00" }, "1 to 64 characters");

        Add("retention.end_after_idle_days", R with { Retention = new RetentionPolicy { EndAfterIdleDays = 0 } }, "must be 1 to 36500");
        Add("retention.end_after_idle_days", R with { Retention = new RetentionPolicy { EndAfterIdleDays = 36_501 } }, "must be 1 to 36500");
        Add("retention.erase_after_days", R with { Retention = new RetentionPolicy { EraseAfterDays = -1 } }, "must be 1 to 36500");
        Add("key_template", R with { KeyTemplate = "" }, "must be 1 to 512 characters");
        Add("key_template", R with { KeyTemplate = "a{{b" }, "has '{{' without '}}'");
        return data;

        void Add(string field, MemoryResource resource, string rule) => data.Add(field, resource, rule);
        void Budget(string field, BudgetPolicy budget, string rule) => Add($"budget.{field}", R with { Budget = budget }, rule);
        void Compaction(string field, CompactionPolicy compaction, string rule) => Add($"compaction.{field}", R with { Compaction = compaction }, rule);
        void Privacy(string field, PrivacyPolicy privacy, string rule) => Add($"privacy.{field}", R with { Privacy = privacy }, rule);
    }

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void A_broken_rule_is_named_with_its_field(string field, MemoryResource resource, string rule)
    {
        var refused = Should.Throw<InvalidRequestException>(() => ResourceValidator.Validate(resource));
        refused.Field.ShouldBe(field);
        refused.Rule.ShouldContain(rule);
        Should.Throw<InvalidRequestException>(() => ResourceValidator.Validate(resource, "resources[3].")).Field.ShouldBe($"resources[3].{field}");
    }

    [Fact]
    public void The_ends_of_every_range_are_inside()
    {
        ResourceValidator.Validate(R);
        ResourceValidator.Validate(Samples.Everything);
        ResourceValidator.Validate(R with
        {
            Name = new string('n', 128),
            Budget = new BudgetPolicy { ContextTokens = 256, SafetyTokens = 240, TriggerRatio = double.Epsilon },
            Compaction = new CompactionPolicy { TurnBuffer = 1, RetainTurns = 1, MaxMessages = 2, MaxTokens = 16, SummaryTokens = 16, Threshold = 1, SummarizeOldest = 1 },
            Allocation = new AllocationPolicy(0, 0, 1, 0.001),
            Eviction = new EvictionPolicy { PriorityKeywords = [] },
            Privacy = new PrivacyPolicy { RedactPatterns = ["", "a"], RedactionString = new string('x', 64) },
            Retention = new RetentionPolicy { EndAfterIdleDays = 1, EraseAfterDays = 36_500 },
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void A_default_resource_with_a_bad_turn_buffer_is_refused(int turnBuffer) =>
        Should.Throw<InvalidRequestException>(() => GranaryResources.Default(turnBuffer)).Field.ShouldBe("compaction.turn_buffer");

    [Fact]
    public void The_default_resource_keeps_four_turns_beyond_its_buffer()
    {
        var resource = GranaryResources.Default();
        (resource.Name, resource.Compaction.TurnBuffer, resource.Compaction.RetainTurns, resource.Budget.Model).ShouldBe(("default", 5, 4, null));
        resource.Compaction.Strategy.ShouldBe(CompactionStrategy.TurnBuffer);
        GranaryResources.Default(9).Compaction.TurnBuffer.ShouldBe(9);
    }

    private static MemoryResource R { get; } = new() { Name = "r" };

    private static double[] BadShares => [0, -0.1, 1.0001, double.NaN, double.PositiveInfinity];
}
