using Granary.Core.Privacy;
using Granary.Core.Reflection;

namespace Granary.Core.Tests.Reflection;

/// <summary>What a reflection found becomes changes of a user's memory.</summary>
public class LearnedChangesTests
{
    private static readonly MemorySource Stretch = new("s1", 1, 10);

    [Fact]
    public void Of_several_that_would_change_one_memory_the_first_does_and_the_others_are_added()
    {
        var known = Known("k1");
        Of(
            new ReconcileAction(MemoryEvent.Update, Says("first"), known, "more"),
            new ReconcileAction(MemoryEvent.Update, Says("second"), known, "more"),
            new ReconcileAction(MemoryEvent.None, Says("third"), known, "known"),
            new ReconcileAction(MemoryEvent.Delete, null, known, "gone"))
            .ShouldBe([(MemoryEvent.Update, "k1", "first"), (MemoryEvent.Add, null, "second"), (MemoryEvent.Add, null, "third")]);
    }

    [Fact]
    public void What_is_known_from_a_memory_that_is_deleted_is_added()
    {
        var known = Known("k1");
        Of(new ReconcileAction(MemoryEvent.Delete, null, known, "gone"), new ReconcileAction(MemoryEvent.None, Says("said"), known, "known"))
            .ShouldBe([(MemoryEvent.Delete, "k1", null), (MemoryEvent.Add, null, "said")]);
        Of(new ReconcileAction(MemoryEvent.None, Says("said"), known, "known"), new ReconcileAction(MemoryEvent.None, Says("again"), known, "known"))
            .ShouldBe([(MemoryEvent.None, "k1", "said")]);
    }

    [Fact]
    public void Deletions_take_nobody_s_place()
    {
        var actions = Enumerable.Range(0, 12)
            .SelectMany(i => (ReconcileAction[])[.. Enumerable.Range(0, 5).Select(n => new ReconcileAction(MemoryEvent.Delete, null, Known($"k{i}-{n}"), "gone")), new(MemoryEvent.Add, Says($"said {i}"), null, "said")])
            .ToArray();
        Of(actions).Where(change => change.Event == MemoryEvent.Add).Select(change => change.Text).ShouldBe(Enumerable.Range(0, 12).Select(i => $"said {i}"));
        Of(actions).Count(change => change.Event == MemoryEvent.Delete).ShouldBe(60);
    }

    [Fact]
    public void What_is_left_out_is_counted()
    {
        var said = Enumerable.Range(0, 14).Select(i => Says($"said {i}")).Append(Says("SAID 0")).Append(Says(" "))
            .Prepend(new LearnedStatement(MemoryKind.Insight, "of no category", "unknown", 1, MemoryImportance.Low)).ToList();
        LearnedChanges.Checked(said, new ReflectionOptions { MaxLearned = 12 }, out var refused).Count.ShouldBe(12);
        refused.ShouldBe(3);
    }

    [Fact]
    public async Task A_reflection_without_a_model_says_how_much_it_left_out()
    {
        var messages = Enumerable.Range(1, 7).Select(i => new Message { Role = MessageRole.User, Content = $"I like dish {i}.", Sequence = i }).ToList();
        var found = await new DeterministicReflector().ReflectAsync(new ReflectionRequest(messages, "", [], ReflectionOptions.DefaultCategories, 5, 100, null));
        (found.Learned.Count, found.LeftOut).ShouldBe((5, 2));
    }

    private static List<(MemoryEvent Event, string? Id, string? Text)> Of(params ReconcileAction[] actions) =>
        [.. LearnedChanges.Of("s1", "default", Stretch, new SessionReflection("", [], [], [], false), new Reconciliation(actions, false), [], new Redactor(new PrivacyPolicy(), TimeProvider.System))
            .Changes.Select(change => (change.Event, change.MemoryId, change.Draft?.Content))];

    private static LearnedStatement Says(string text) => new(MemoryKind.Fact, text, null, 1, MemoryImportance.Low);

    private static MemoryRecord Known(string id) => new()
    {
        Id = id, Kind = MemoryKind.Fact, AgentId = "default", Content = id, Revision = 1, CreatedAt = default, UpdatedAt = default, Sources = [],
    };
}
