using Granary.Core.Reflection;

namespace Granary.Core.Tests.Reflection;

/// <summary>Reflection, reconciliation and synthesis without a model.</summary>
public class DeterministicReflectionTests
{
    private static readonly DateTimeOffset Time = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Only_what_the_user_said_is_learned_and_it_says_that_no_model_did_it()
    {
        var found = await ReflectAsync([User(1, "I live in Oslo. I like tea."), Assistant(2, "I live in a data center and I like numbers.")]);
        found.Deterministic.ShouldBeTrue();
        found.Learned.Select(l => (l.Kind, l.Text, l.Category, l.Sequence)).ShouldBe(
        [
            (MemoryKind.Fact, "User: I live in Oslo.", null, 1),
            (MemoryKind.Insight, "User: I like tea.", "preferences", 1),
        ]);
        found.Learned.ShouldAllBe(l => l.Confidence < 1);
        found.Summary.ShouldContain("Oslo");
    }

    [Fact]
    public async Task Of_two_answers_to_one_question_the_later_is_learned() =>
        (await ReflectAsync([User(1, "I live in Oslo."), User(3, "I moved to Bergen."), User(5, "I like tea. I don't like tea.")])).Learned.Select(l => l.Text)
            .ShouldBe(["User: I moved to Bergen.", "User: I don't like tea."]);

    [Fact]
    public async Task Categories_that_are_not_configured_bring_nothing() =>
        (await ReflectAsync([User(1, "I like tea. I want to run a marathon.")], ["goals"])).Learned.ShouldHaveSingleItem().Category.ShouldBe("goals");

    [Fact]
    public async Task No_more_is_learned_than_may_be() =>
        (await ReflectAsync([.. Enumerable.Range(1, 30).Select(i => User(i, $"I like food number {i}."))])).Learned.Count.ShouldBe(10);

    [Fact]
    public async Task The_same_words_are_nothing_new()
    {
        var known = Record("m1", "User: I like tea.");
        var action = (await ReconcileAsync(Insight("User: I like tea."), known)).ShouldHaveSingleItem();
        (action.Event, action.Target).ShouldBe((MemoryEvent.None, known));
    }

    [Theory]
    [InlineData("User: I live in Oslo.", "User: I moved to Bergen.")]
    [InlineData("User: I like tea.", "User: I don't like tea.")]
    [InlineData("User: My favorite color is red.", "User: My favourite color is blue.")]
    public async Task Another_answer_to_the_same_question_takes_the_place_of_the_older(string before, string after)
    {
        var known = Record("m1", before);
        var actions = await ReconcileAsync(Insight(after), Record("m2", "User: I like running."), known);
        actions.Select(a => (a.Event, a.Target?.Id)).ShouldBe([(MemoryEvent.Delete, "m1"), (MemoryEvent.Add, null)]);
        actions.ShouldAllBe(a => a.Reason.Length > 0);
    }

    [Theory]
    [InlineData("Ada: I live in Oslo.", "Ben: I live in Bergen.")]
    [InlineData("User: I like tea.", "User: I don't like coffee.")]
    [InlineData("The user seems to live in Oslo.", "User: I live in Bergen.")]
    public async Task What_may_both_be_true_stays(string before, string after) =>
        (await ReconcileAsync(Insight(after), Record("m1", before))).ShouldHaveSingleItem().Event.ShouldBe(MemoryEvent.Add);

    [Fact]
    public async Task A_profile_has_at_most_250_words_and_the_weightiest_first()
    {
        var records = Enumerable.Range(1, 100).Select(i => Record($"m{i}", $"User: I like food number {i} very much indeed."))
            .Append(Record("home", "User: I live in Oslo.") with { Kind = MemoryKind.Fact, Category = null, Importance = MemoryImportance.High }).ToList();
        var profile = await new DeterministicProfiler().WriteProfileAsync(records, null);
        profile.Deterministic.ShouldBeTrue();
        profile.Text.ShouldStartWith("Facts: User: I live in Oslo.");
        profile.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length.ShouldBeInRange(150, 250);
    }

    [Fact]
    public async Task A_pattern_says_only_what_the_insights_say()
    {
        var pattern = await new DeterministicProfiler().FindPatternAsync([Record("a", "User: I like tea."), Record("b", "User: I like green tea."), Record("c", "User: I like black tea.")], "preferences");
        pattern.Text.ShouldStartWith("3 insights (preferences)");
        pattern.Text.ShouldContain("green tea");
    }

    internal static MemoryRecord Record(string id, string content) => new()
    {
        Id = id, Kind = MemoryKind.Insight, AgentId = "default", Content = content, Category = "preferences", Confidence = 0.9, CreatedAt = Time, UpdatedAt = Time,
    };

    private static LearnedStatement Insight(string text) => new(MemoryKind.Insight, text, "preferences", 0.9, MemoryImportance.Medium);

    private static async Task<IReadOnlyList<ReconcileAction>> ReconcileAsync(LearnedStatement statement, params MemoryRecord[] known) =>
        (await new DeterministicReconciler().ReconcileAsync([new ReconcileCandidate(statement, known)])).Actions;

    private static ValueTask<SessionReflection> ReflectAsync(IReadOnlyList<Message> messages, IReadOnlyList<string>? categories = null) =>
        new DeterministicReflector().ReflectAsync(new ReflectionRequest(messages, "", [], categories ?? ReflectionOptions.DefaultCategories, 10, 300, null));

    private static Message User(long sequence, string content) => new() { Role = MessageRole.User, Content = content, Sequence = sequence, Timestamp = Time };

    private static Message Assistant(long sequence, string content) => new() { Role = MessageRole.Assistant, Content = content, Sequence = sequence, Timestamp = Time };
}
