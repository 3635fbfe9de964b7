using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Llm.Requests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Tests.Requests;

public sealed class MemoryRecallSourceTests : IAsyncDisposable
{
    private readonly ServiceProvider host;
    private readonly IMemoryCluster memory;
    private readonly IRecallSource source;

    public MemoryRecallSourceTests()
    {
        host = new ServiceCollection().AddSingleton(typeof(ILogger<>), typeof(NullLogger<>)).AddSingleton<IPartitionStore>(new InMemoryPartitionStore())
            .AddGranaryEmbedded().AddGranaryRecall().BuildServiceProvider();
        memory = host.GetRequiredService<IMemoryCluster>();
        source = host.GetRequiredService<IRecallSource>();
    }

    private static SessionKey Now => new("default", "ada", "now");

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Messages_and_memories_are_recalled_with_where_they_are_from()
    {
        await SayAsync("ada", "old", "My boat is called Freya.");
        var kept = await memory.User(Now.Owner).RememberAsync(new RememberRequest([new MemoryDraft { Content = "Ada sails a boat." }]));

        var texts = await source.RecallAsync(new RecallQuery(Now, "What is my boat called?", 1000));

        texts.Select(text => text.Text).ShouldBe(["My boat is called Freya.", "Ada sails a boat."], ignoreOrder: true);
        texts.Single(text => text.Text.Contains("Freya")).Source!.ShouldContain("session old, message 1");
        texts.Single(text => text.Text.Contains("sails")).Source!.ShouldContain(kept.Outcomes[0].Record.Id);
    }

    [Fact]
    public async Task What_the_asking_session_shows_anyway_is_left_out()
    {
        await SayAsync("ada", "now", "Is the boat for sale?");
        await SayAsync("ada", "old", "The boat is blue.");

        (await source.RecallAsync(new RecallQuery(Now, "boat", 1000))).Select(text => text.Text).ShouldBe(["The boat is blue."]);
    }

    [Fact]
    public async Task What_another_user_or_another_agent_was_told_is_not_recalled()
    {
        await SayAsync("bob", "secret", "The boat is stolen.");
        await SayAsync("ada", "broker", "The boat is insured.", "broker");
        await SayAsync("ada", "now", "hello");

        (await source.RecallAsync(new RecallQuery(Now, "boat", 1000))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Words_of_any_length_can_be_asked_for()
    {
        await SayAsync("ada", "old", "The boat is blue.");

        (await source.RecallAsync(new RecallQuery(Now, new string('x', 20_000) + " boat", 1000))).ShouldHaveSingleItem();
        (await source.RecallAsync(new RecallQuery(Now, " ", 1000))).ShouldBeEmpty();
    }

    private async Task SayAsync(string user, string session, string text, string? agent = null) => await memory
        .Session(new SessionKey("default", user, session))
        .AppendAsync(new AppendRequest { AgentId = agent, Messages = [new Message { Role = MessageRole.User, Content = text }] });
}
