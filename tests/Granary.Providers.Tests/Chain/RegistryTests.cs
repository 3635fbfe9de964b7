using System.Text.Json;
using Granary.Providers.Chain;

namespace Granary.Providers.Tests.Chain;

public sealed class RegistryTests
{
    private static ProviderEntry Extra => new() { Name = "extra", ProviderType = "mock", ConnectionName = "spare", Priority = 1 };

    [Fact]
    public async Task What_was_registered_is_kept_and_known_to_all_processes()
    {
        var harness = new ChainHarness();
        var other = harness.Open();
        await other.Registry.EnsureLoadedAsync(default);
        var metadata = JsonElement.Parse("""{"owner":"ops"}""");
        (await harness.Node.Registry.RegisterAsync(Extra with { Metadata = metadata, Timeout = 7 }, default)).FromSettings.ShouldBeFalse();
        other.Registry.Members.Count.ShouldBe(3);
        await other.Watch.WatchOnceAsync(default);
        foreach (var node in new[] { harness.Node, other, harness.Open() })
        {
            await node.Registry.EnsureLoadedAsync(default);
            string.Concat(node.Registry.Members.Select(member => member.Name)).ShouldBe("extraabc");
            var entry = node.Registry.Require("extra").Entry;
            (entry.Timeout, entry.Priority, entry.Metadata!.Value.GetRawText()).ShouldBe((7, 1, """{"owner":"ops"}"""));
        }
    }

    [Fact]
    public async Task A_delete_reaches_what_another_process_registered_a_moment_ago()
    {
        var harness = new ChainHarness();
        var other = harness.Open();
        await other.Registry.EnsureLoadedAsync(default);
        await harness.Node.Registry.RegisterAsync(Extra, default);
        var answer = await harness.Node.RememberAsync("tea");
        answer.Metadata.Provider.ShouldBe("extra");
        (await other.GetAsync(answer.Result.Id)).Result.Content.ShouldBe("tea");
        (await other.DeleteAsync(answer.Result.Id)).Result.ShouldBeTrue();
        (await harness.Spare.KeptAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_and_a_connection_are_used_once()
    {
        var harness = new ChainHarness();
        await Should.ThrowAsync<ConflictException>(() => harness.Node.Registry.RegisterAsync(Extra with { Name = "a" }, default));
        (await Should.ThrowAsync<InvalidRequestException>(() => harness.Node.Registry.RegisterAsync(Extra with { ConnectionName = "a" }, default)))
            .Field.ShouldBe("connection_name");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                await harness.Open().Registry.RegisterAsync(Extra, default);
                return true;
            }
            catch (ConflictException)
            {
                return false;
            }
        }));
        outcomes.Count(registered => registered).ShouldBe(1);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("provider_type")]
    [InlineData("connection_name")]
    [InlineData("priority")]
    [InlineData("health_check_interval")]
    [InlineData("timeout")]
    [InlineData("retry_attempts")]
    [InlineData("metadata")]
    public async Task A_wrong_entry_is_refused_by_the_field(string field)
    {
        var entry = field switch
        {
            "name" => Extra with { Name = "a/b" },
            "provider_type" => Extra with { ProviderType = "redis" },
            "connection_name" => Extra with { ConnectionName = "nowhere" },
            "priority" => Extra with { Priority = -1 },
            "health_check_interval" => Extra with { HealthCheckInterval = 4 },
            "timeout" => Extra with { Timeout = 0 },
            "retry_attempts" => Extra with { RetryAttempts = 11 },
            _ => Extra with { Metadata = JsonElement.Parse("[]") },
        };
        var harness = new ChainHarness();
        (await Should.ThrowAsync<InvalidRequestException>(() => harness.Node.Registry.RegisterAsync(entry, default))).Field.ShouldBe(field);
    }

    [Fact]
    public async Task Failing_over_passes_over_a_provider_until_it_is_enabled_again_in_all_processes()
    {
        var harness = new ChainHarness(providers: 2);
        var other = harness.Open();
        (await harness.Node.Registry.FailOverAsync("a", default)).Name.ShouldBe("b");
        await other.Watch.WatchOnceAsync(default);
        foreach (var node in new[] { harness.Node, other })
        {
            node.Registry.Require("a").StatusAt(harness.Time.GetUtcNow()).ShouldBe(ProviderStatus.Inactive);
            (await node.RememberAsync("tea")).Metadata.Provider.ShouldBe("b");
        }

        (await Should.ThrowAsync<UnavailableException>(() => harness.Node.Registry.FailOverAsync("b", default))).Code.ShouldBe(ErrorCodes.ProviderUnavailable);
        (await harness.Node.RememberAsync("coffee")).Metadata.Provider.ShouldBe("b");
        await harness.Node.Registry.SwitchAsync("a", true, default);
        harness.Node.Registry.Require("a").IsInUse.ShouldBeTrue();
        await Should.ThrowAsync<NotFoundException>(() => harness.Node.Registry.FailOverAsync("nobody", default));
    }

    [Fact]
    public async Task Only_what_was_registered_can_be_removed()
    {
        var harness = new ChainHarness();
        await harness.Node.Registry.RegisterAsync(Extra, default);
        await harness.Node.Registry.RemoveAsync("extra", default);
        harness.Node.Registry.Members.Count.ShouldBe(3);
        await Should.ThrowAsync<NotFoundException>(() => harness.Node.Registry.RemoveAsync("extra", default));
        await Should.ThrowAsync<ConflictException>(() => harness.Node.Registry.RemoveAsync("a", default));
        (await harness.Node.Registry.RegisterAsync(Extra, default)).Name.ShouldBe("extra");
    }

    [Fact]
    public async Task A_chain_answers_nothing_before_it_knows_all_its_providers()
    {
        var harness = new ChainHarness();
        harness.Store.FailReads();
        (await Should.ThrowAsync<UnavailableException>(() => harness.Node.RememberAsync("tea"))).Code.ShouldBe(ErrorCodes.StorageUnavailable);
        (await harness.Node.RememberAsync("tea")).Metadata.Provider.ShouldBe("a");
    }

    [Fact]
    public async Task A_status_follows_the_checks()
    {
        var harness = new ChainHarness(providers: 1);
        var member = harness.Node.Registry.Require("a");
        member.StatusAt(harness.Time.GetUtcNow()).ShouldBe(ProviderStatus.Registered);
        await harness.Node.Watch.WatchOnceAsync(default);
        member.StatusAt(harness.Time.GetUtcNow()).ShouldBe(ProviderStatus.Active);
        harness["a"].Mood = Mood.Fails;
        harness.Time.Advance(TimeSpan.FromSeconds(30));
        await harness.Node.Watch.WatchOnceAsync(default);
        member.StatusAt(harness.Time.GetUtcNow()).ShouldBe(ProviderStatus.Error);
        harness.Time.Advance(TimeSpan.FromSeconds(91));
        member.StatusAt(harness.Time.GetUtcNow()).ShouldBe(ProviderStatus.Unknown);
    }

    [Fact]
    public async Task The_watch_checks_each_provider_in_its_interval_and_waits_a_minute_after_an_error()
    {
        var harness = new ChainHarness(providers: 1);
        var watch = harness.Node.Watch;
        await watch.StartAsync(default);
        await harness.Time.UntilTimersAsync(1);
        Checks().ShouldBe(1);
        (harness.Time.NextTimer - harness.Time.GetUtcNow()).ShouldBe(TimeSpan.FromSeconds(30));
        harness.Store.FailReads();
        await GoOnAsync();
        Checks().ShouldBe(1);
        (harness.Time.NextTimer - harness.Time.GetUtcNow()).ShouldBe(TimeSpan.FromSeconds(60));
        await GoOnAsync();
        Checks().ShouldBe(2);
        await watch.StopAsync(default);

        int Checks() => harness.Node.Monitor.FiguresOf("a").Sums.Checks;

        async Task GoOnAsync()
        {
            harness.Time.AdvanceTo(harness.Time.NextTimer!.Value);
            await harness.Time.UntilTimersAsync(1);
        }
    }
}
