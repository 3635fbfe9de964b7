namespace Granary.Conformance.Providers;

public abstract partial class MemoryProviderConformance
{
    [Fact]
    public async Task A_provider_that_works_says_so()
    {
        await RememberAsync("tea");
        var health = await Provider.CheckHealthAsync();
        (health.Healthy, health.Provider, health.Error, health.TotalMemories).ShouldBe((true, Provider.Name, null, null));
        health.ResponseTimeMs.ShouldBeGreaterThanOrEqualTo(0);
        if (Fixture.Counts)
        {
            (await Provider.CheckHealthAsync(Ada)).TotalMemories.ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_provider_that_fails_says_so_without_throwing_and_tells_no_secret()
    {
        if (await Fixture.OpenBrokenAsync() is not { } broken)
        {
            return;
        }

        foreach (var user in new UserKey?[] { null, Ada })
        {
            var health = await broken.CheckHealthAsync(user);
            (health.Healthy, health.Provider).ShouldBe((false, broken.Name));
            health.Error.ShouldNotBeNullOrWhiteSpace();
            ShouldTellNoSecret(health.ToString());
        }
    }

    [Fact]
    public async Task Calls_of_a_provider_that_fails_may_be_tried_again_and_tell_no_secret()
    {
        if (await Fixture.OpenBrokenAsync() is not { } broken)
        {
            return;
        }

        Func<Task>[] calls =
        [
            () => broken.RememberAsync(Ada, new ProviderDraft { Content = "tea" }),
            () => broken.RecallAsync(Ada, new ProviderQuery { Query = "tea" }),
            () => broken.GetAsync(Ada, "m1"),
            () => broken.DeleteAsync(Ada, "m1"),
            () => broken.ListAsync(Ada),
            () => broken.EraseAsync(Ada),
        ];
        foreach (var call in calls)
        {
            var error = await Should.ThrowAsync<UnavailableException>(call);
            for (Exception? cause = error; cause is not null; cause = cause.InnerException)
            {
                ShouldTellNoSecret(cause.Message);
            }
        }
    }

    [Fact]
    public async Task A_call_that_is_cancelled_before_does_nothing()
    {
        var kept = await RememberAsync("tea");
        var cancelled = new CancellationToken(canceled: true);
        Func<Task>[] calls =
        [
            () => Provider.RememberAsync(Ada, new ProviderDraft { Content = "coffee" }, cancelled),
            () => Provider.RecallAsync(Ada, new ProviderQuery { Query = "tea" }, cancelled),
            () => Provider.GetAsync(Ada, kept.Id, cancelled),
            () => Provider.DeleteAsync(Ada, kept.Id, cancelled),
            () => Provider.ListAsync(Ada, cancellationToken: cancelled),
            () => Provider.EraseAsync(Ada, cancelled),
            () => Provider.CheckHealthAsync(Ada, cancelled),
        ];
        foreach (var call in calls)
        {
            await Should.ThrowAsync<OperationCanceledException>(call);
        }

        (await ListAsync()).ShouldHaveSingleItem().Content.ShouldBe("tea");
    }
}
