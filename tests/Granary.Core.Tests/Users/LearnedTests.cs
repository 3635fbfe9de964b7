using Granary.Core.Reflection;
using Granary.Core.Users;

namespace Granary.Core.Tests.Users;

/// <summary>What sessions tell of what they learned is never lost on its way into the records.</summary>
public class LearnedTests
{
    private readonly UserBench _bench = new(synthesis: new SynthesisServices(new ReflectionOptions { SynthesisSessions = 2 }, new DeterministicProfiler()));

    [Fact]
    public async Task What_was_to_be_known_is_added_where_the_record_is_gone_or_says_something_else()
    {
        var known = (await _bench.RememberAsync(new MemoryDraft { Content = "Swims." }, new MemoryDraft { Content = "Runs." }, new MemoryDraft { Content = "Sails." }))
            .Outcomes.Select(o => o.Record).ToList();
        var user = await _bench.ActorAsync();
        await user.DeleteMemoryAsync(known[0].Id, null, purge: false, CancellationToken.None);
        await user.UpdateMemoryAsync(known[1].Id, new MemoryPatch { Content = "Walks." }, CancellationToken.None);
        await user.UpdateMemoryAsync(known[2].Id, new MemoryPatch { Pinned = true }, CancellationToken.None);
        await _bench.TellAsync("a", Known(known[0], "Is a swimmer."), Known(known[1], "Is a runner."), Known(known[2], "Is a sailor."));
        (await _bench.ListAsync(MemoryState.Active)).Select(record => record.Content).ShouldBe(["Walks.", "Sails.", "Is a swimmer.", "Is a runner."], ignoreOrder: true);
        (await user.GetMemoryAsync(known[2].Id, CancellationToken.None)).AccessCount.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_learned_is_added_where_the_changes_that_it_means_are_too_large_together()
    {
        var known = new List<MemoryRecord>();
        for (var i = 0; i < 24; i++)
        {
            known.Add((await _bench.RememberAsync(new MemoryDraft { Content = $"{i} {new string('x', 65_000)}" })).Outcomes[0].Record);
        }

        await _bench.TellAsync(
            "a",
            SessionStatus.Completed,
            [
                .. known.Take(23).Select(record => new LearnedChange { Event = MemoryEvent.Delete, MemoryId = record.Id, Revision = 1 }),
                new LearnedChange { Event = MemoryEvent.Update, MemoryId = known[23].Id, Revision = 1, Draft = Draft("Shorter.") },
                new LearnedChange { Event = MemoryEvent.Add, Draft = Draft("New.") },
            ]);
        var now = await _bench.ListAsync();
        now.Count(record => record.State == MemoryState.Active).ShouldBe(26);
        now.Select(record => record.Content).ShouldContain("Shorter.");
        now.Select(record => record.Content).ShouldContain("New.");

        // The session was one, though it was tried twice.
        var counted = SynthesisDocument.Decode((await _bench.DocumentsAsync(SynthesisDocument.Id)).Single(document => document.Id == SynthesisDocument.Id).Body.Span);
        counted.Agents["default"].ShouldBe(new AgentSynthesis { Sessions = 1 });
    }

    private static LearnedChange Known(MemoryRecord record, string text) =>
        new() { Event = MemoryEvent.None, MemoryId = record.Id, Revision = record.Revision, Draft = Draft(text) };

    private static MemoryDraft Draft(string text) => new() { Content = text, Sources = [new MemorySource("a", 1, 1)] };
}
