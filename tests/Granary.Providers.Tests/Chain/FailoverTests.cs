using Granary.Providers.Chain;
using Microsoft.Extensions.Logging;

namespace Granary.Providers.Tests.Chain;

public sealed class FailoverTests
{
    [Fact]
    public async Task An_answer_tells_where_it_comes_from_and_what_it_took()
    {
        var harness = new ChainHarness();
        harness["a"].LatencyMs = 20;
        var answer = await harness.Node.RememberAsync("tea");
        answer.Metadata.ShouldBe(new SubstrateMetadata("a", 20, harness.Time.GetUtcNow(), 1, FallbackUsed: false));
        answer.Result.Provider.ShouldBe("a");
    }

    [Fact]
    public async Task A_provider_is_tried_three_times_before_the_next_keeps_a_memory()
    {
        var harness = new ChainHarness(new ChainOptions { Rules = ChainRules.WithoutPauses() });
        harness["a"].Mood = Mood.Fails;
        var answer = await harness.Node.RememberAsync("tea");
        (answer.Metadata.Provider, answer.Metadata.Attempts, answer.Metadata.FallbackUsed).ShouldBe(("b", 4, true));
        harness["a"].Calls.ShouldBe(3);
        (await harness["b"].KeptAsync()).ShouldHaveSingleItem().Id.ShouldBe(answer.Result.Id);
    }

    [Fact]
    public async Task Between_tries_of_one_provider_lies_the_rules_pause()
    {
        var harness = new ChainHarness(providers: 1);
        var at = new List<DateTimeOffset>();
        harness["a"].Next = () =>
        {
            at.Add(harness.Time.GetUtcNow());
            return at.Count < 3 ? Mood.Fails : Mood.Well;
        };
        (await harness.EndAsync(harness.Node.RememberAsync("tea"))).Metadata.Attempts.ShouldBe(3);
        at.Zip(at.Skip(1), (one, next) => next - one).ShouldBe([TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100)]);
    }

    [Theory]
    [InlineData(Mood.FailsAfter)]
    [InlineData(Mood.Hangs)]
    internal async Task A_try_whose_answer_was_lost_doubles_nothing(Mood mood)
    {
        var harness = new ChainHarness(providers: 1);
        var tries = 0;
        harness["a"].Next = () => ++tries == 1 ? mood : Mood.Well;
        var answer = await harness.EndAsync(harness.Node.RememberAsync("tea"));
        (await harness["a"].KeptAsync()).ShouldHaveSingleItem().Id.ShouldBe(answer.Result.Id);
    }

    [Fact]
    public async Task A_provider_that_takes_no_ids_is_asked_once_to_keep_a_memory()
    {
        var harness = new ChainHarness(new ChainOptions { Rules = ChainRules.WithoutPauses() }, takeIds: false);
        harness["a"].Mood = Mood.FailsAfter;
        (await harness.Node.RememberAsync("tea")).Metadata.Provider.ShouldBe("b");
        (await harness["a"].KeptAsync()).ShouldHaveSingleItem();
        (await Should.ThrowAsync<InvalidRequestException>(() => harness.Node.RememberAsync("tea", id: "m1"))).Field.ShouldBe("id");
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_is_waited_for_as_long_as_the_rule_says()
    {
        var harness = new ChainHarness(providers: 2);
        harness["a"].Mood = Mood.Hangs;
        var began = harness.Time.GetUtcNow();
        var answer = await harness.EndAsync(harness.Node.RecallAsync("tea"));
        answer.Metadata.Provider.ShouldBe("b");
        (harness.Time.GetUtcNow() - began).ShouldBeInRange(TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task Providers_that_cannot_apply_a_filter_are_passed_over()
    {
        var harness = new ChainHarness(new ChainOptions { Strategy = FailoverStrategy.PriorityBased, Rules = ChainRules.Once() });
        await harness["b"].Inner.RememberAsync(ChainHarness.Ada, new ProviderDraft { Content = "tea" });
        harness["a"].CannotFilter = harness["c"].CannotFilter = true;
        var query = new ProviderQuery { Query = "tea", Filter = new MemoryFilter { AgentId = Ids.DefaultAgent } };
        var answer = await harness.Node.Chain.RecallAsync(ChainHarness.Ada, query);
        answer.Result.ShouldHaveSingleItem().Provider.ShouldBe("b");
        (answer.Metadata.Attempts, answer.Metadata.FallbackUsed).ShouldBe((2, true));

        // The one that can is down; then none is there that can.
        harness["b"].Mood = Mood.Fails;
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.Chain.RecallAsync(ChainHarness.Ada, query));
        harness["b"].Mood = Mood.Well;
        harness["b"].CannotFilter = true;
        (await Should.ThrowAsync<InvalidRequestException>(() => harness.Node.Chain.RecallAsync(ChainHarness.Ada, query))).Field.ShouldBe("filter.agent_id");
    }

    [Fact]
    public async Task A_health_check_for_one_user_changes_nothing_for_the_others()
    {
        var harness = new ChainHarness(providers: 2);
        await harness.Node.RememberAsync("tea");
        harness["a"].IsIllForUsers = true;
        var health = await harness.Node.Chain.CheckHealthAsync(ChainHarness.Ada);
        (health.Healthy, health.TotalMemories).ShouldBe((true, 1));
        harness.Node.Registry.Require("a").State.LastCheck!.Health.Healthy.ShouldBeTrue();
        harness.Node.Monitor.FiguresOf("a").Sums.FailedChecks.ShouldBe(0);
        harness.Node.Monitor.FiguresOf("a").Sums.Checks.ShouldBe(1);
    }

    [Fact]
    public async Task What_a_service_said_is_told_the_caller_and_not_the_log()
    {
        var harness = new ChainHarness();
        var log = new Lines();
        var failover = new FailoverManager(
            harness.Node.Registry, harness.Node.Monitor, new ChainOptions { Rules = ChainRules.Once() }.RulesOfAll(), harness.Time, log);
        var attempt = await failover.TryAsync<int>(
            MemoryOperation.Get,
            harness.Node.Registry.Require("a"),
            1,
            (_, _) => throw new UnavailableException(
                ErrorCodes.ProviderUnavailable,
                "HTTP 500: Ada likes tea",
                TimeSpan.FromSeconds(1),
                new HttpRequestException("HTTP 500", null, System.Net.HttpStatusCode.InternalServerError)),
            default);
        (attempt.Reason, attempt.PlainReason).ShouldBe(("failed (HTTP 500: Ada likes tea)", "failed (HTTP 500)"));
        log.ShouldHaveSingleItem().ShouldBe("The memory provider a failed at Get: it failed (HTTP 500)");
    }

    [Fact]
    public async Task When_none_can_the_error_tells_who_failed_and_how_and_no_secret()
    {
        var harness = new ChainHarness(new ChainOptions { Rules = ChainRules.Once() });
        harness["a"].Mood = Mood.Fails;
        harness["b"].Mood = Mood.Breaks;
        harness["c"].Mood = Mood.Hangs;
        var error = await Should.ThrowAsync<UnavailableException>(() => harness.EndAsync(harness.Node.RememberAsync("tea")));
        error.Code.ShouldBe(ErrorCodes.ProviderUnavailable);
        error.Message.ShouldBe(
            "No memory provider could do it: 'a' failed (It is down); 'b' failed in an unexpected way; 'c' did not answer within 5 s.");
    }

    [Fact]
    public async Task What_the_caller_did_wrong_is_neither_tried_again_nor_counted()
    {
        var harness = new ChainHarness(new ChainOptions { Rules = ChainRules.WithoutPauses() });
        await harness.Node.RememberAsync("tea", id: "m1");
        for (var i = 0; i < 10; i++)
        {
            await Should.ThrowAsync<ConflictException>(() => harness.Node.RememberAsync("coffee", id: "m1"));
            await Should.ThrowAsync<NotFoundException>(() => harness.Node.GetAsync("nothing"));
        }

        harness["a"].Calls.ShouldBe(21);
        (await harness["b"].KeptAsync()).ShouldBeEmpty();
        harness.Node.Failover.History.Count.ShouldBe(1);
        harness.Node.Monitor.FiguresOf("a").FailuresInRow.ShouldBe(0);
        harness.Node.Registry.Require("a").State.BreakerOf(MemoryOperation.Remember).Failures.ShouldBe(0);
    }

    [Fact]
    public async Task After_five_failures_a_provider_is_left_alone_at_that_operation_only()
    {
        var harness = new ChainHarness(new ChainOptions { Strategy = FailoverStrategy.PriorityBased, Rules = ChainRules.Once() }, providers: 2);
        harness["a"].Mood = Mood.Fails;
        for (var i = 0; i < 8; i++)
        {
            (await harness.Node.RememberAsync($"tea {i}")).Metadata.FallbackUsed.ShouldBeTrue();
        }

        harness["a"].Calls.ShouldBe(5);
        harness["a"].Mood = Mood.Well;
        (await harness.Node.ListAsync()).Metadata.Provider.ShouldBe("a");
        (await harness.Node.RememberAsync("tea")).Metadata.Provider.ShouldBe("b");
        harness.Time.Advance(TimeSpan.FromSeconds(300));
        (await harness.Node.RememberAsync("tea again")).Metadata.ShouldSatisfyAllConditions(m => m.Provider.ShouldBe("a"), m => m.FallbackUsed.ShouldBeFalse());
    }

    [Fact]
    public async Task Where_all_are_left_alone_the_caller_is_told_when_to_come_back()
    {
        var harness = new ChainHarness(new ChainOptions { Rules = ChainRules.Once() }, providers: 1);
        harness["a"].Mood = Mood.Fails;
        for (var i = 0; i < 5; i++)
        {
            await Should.ThrowAsync<UnavailableException>(() => harness.Node.RememberAsync("tea"));
        }

        harness.Time.Advance(TimeSpan.FromSeconds(100));
        (await Should.ThrowAsync<UnavailableException>(() => harness.Node.RememberAsync("tea"))).RetryAfter.ShouldBe(TimeSpan.FromSeconds(200));
    }

    [Fact]
    public async Task Each_strategy_has_its_order()
    {
        var harness = new ChainHarness();
        var node = harness.Node;
        node.Monitor.AddCheck("a", 20, false);
        node.Monitor.AddCheck("b", 2_000, true);
        node.Monitor.AddCheck("c", 20, true);
        node.Failover.History.Add("b", harness.Time.GetUtcNow(), 20, true);
        node.Failover.History.Add("c", harness.Time.GetUtcNow(), 900, true);
        await node.Registry.EnsureLoadedAsync(default);
        Order(FailoverStrategy.PriorityBased).ShouldBe("abc");

        // Health: a is critical (0), b is slow (0.7 x 0.9), c is well.
        Order(FailoverStrategy.HealthBased).ShouldBe("cba");

        // Performance: a unknown (0.5), b 1, c 0.2.
        Order(FailoverStrategy.PerformanceBased).ShouldBe("bac");

        // Hybrid: a 0.2 + 0.2/11, b 0.252 + 0.4 + 0.2/21, c 0.4 + 0.08 + 0.2/31.
        Order(FailoverStrategy.Hybrid).ShouldBe("bca");

        string Order(FailoverStrategy strategy)
        {
            var rules = Enum.GetValues<MemoryOperation>().ToDictionary(operation => operation, operation => FailoverRule.DefaultOf(operation) with { Strategy = strategy });
            var failover = new FailoverManager(
                node.Registry, node.Monitor, rules, harness.Time, Microsoft.Extensions.Logging.Abstractions.NullLogger<FailoverManager>.Instance);
            foreach (var (name, ms) in new[] { ("b", 20), ("c", 900) })
            {
                failover.History.Add(name, harness.Time.GetUtcNow(), ms, true);
            }

            return string.Concat(failover.Order(MemoryOperation.Recall).Select(member => member.Name));
        }
    }

    [Fact]
    public async Task Round_robin_has_each_first_in_its_turn()
    {
        var harness = new ChainHarness(new ChainOptions { Strategy = FailoverStrategy.RoundRobin });
        var asked = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            asked.Add((await harness.Node.ListAsync()).Metadata.Provider);
        }

        asked.ShouldBe(["a", "b", "c", "a", "b", "c"]);
    }

    [Fact]
    public async Task A_provider_whose_check_was_not_well_comes_last_but_is_asked_when_no_other_is_left()
    {
        var harness = new ChainHarness(new ChainOptions { Strategy = FailoverStrategy.PriorityBased, Rules = ChainRules.Once() }, providers: 2);
        harness["a"].Mood = Mood.Fails;
        await harness.Node.Watch.WatchOnceAsync(default);
        harness["a"].Mood = Mood.Well;
        (await harness.Node.ListAsync()).Metadata.Provider.ShouldBe("b");
        harness["b"].Mood = Mood.Fails;
        (await harness.Node.ListAsync()).Metadata.Provider.ShouldBe("a");
    }

    [Fact]
    public async Task Reading_asks_one_after_the_other()
    {
        var harness = new ChainHarness(new ChainOptions { Rules = ChainRules.Once() });
        var id = (await harness["c"].Inner.RememberAsync(ChainHarness.Ada, new ProviderDraft { Content = "tea" })).Id;
        var answer = await harness.Node.GetAsync(id);
        (answer.Result.Provider, answer.Metadata.Attempts, answer.Metadata.FallbackUsed).ShouldBe(("c", 3, true));

        // Who did not answer may have it: it cannot be said that there is none.
        harness["c"].Mood = Mood.Fails;
        await Should.ThrowAsync<UnavailableException>(() => harness.Node.GetAsync(id));
        harness["c"].Mood = Mood.Well;
        await Should.ThrowAsync<NotFoundException>(() => harness.Node.GetAsync("nothing"));
    }

    [Fact]
    public async Task Health_is_well_as_long_as_one_provider_is()
    {
        var harness = new ChainHarness(providers: 2);
        harness["a"].Mood = Mood.Breaks;
        (await harness.Node.Chain.CheckHealthAsync()).Healthy.ShouldBeTrue();
        harness["b"].Mood = Mood.Fails;
        var health = await harness.Node.Chain.CheckHealthAsync();
        health.Healthy.ShouldBeFalse();
        health.Error.ShouldBe("a: The check failed in an unexpected way. b: It is not well.");
        harness["b"].Mood = Mood.Hangs;
        (await harness.EndAsync(harness.Node.Chain.CheckHealthAsync())).Error!.ShouldContain("b: It did not answer within 1 s.");
    }

    private sealed class Lines : List<string>, ILogger<FailoverManager>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add(formatter(state, exception) + exception?.Message);
    }
}
