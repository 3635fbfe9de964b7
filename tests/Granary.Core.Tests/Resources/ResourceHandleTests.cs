using System.Runtime.CompilerServices;
using Granary.Conformance.Stores;
using Granary.Core.Resources;
using static Granary.Core.Tests.Resources.CatalogFixture;

namespace Granary.Core.Tests.Resources;

/// <summary>Resources as sessions use them, in one process and in several.</summary>
public class ResourceHandleTests
{
    private readonly CatalogFixture _fixture = new();

    [Fact]
    public async Task A_session_that_names_no_resource_gets_the_default_one_without_asking_the_store()
    {
        var catalog = _fixture.Process(Samples.Everything);
        (await catalog.ResolveAsync(Tenant, null, default)).Current.Resource.ShouldBe(Default);
        (await catalog.ResolveAsync(Tenant, "support", default)).Current.Resource.Description.ShouldBe(Samples.Everything.Description);
        (await catalog.ResolveForSessionAsync(Tenant, "support", default)).Name.ShouldBe("support");
        _fixture.Store.Counts.ShouldBe(StoreCounts.Zero);
    }

    [Fact]
    public async Task A_configured_resource_named_default_is_the_default_one()
    {
        var catalog = _fixture.Process(Samples.Named("default", "configured"));
        (await catalog.ResolveAsync(Tenant, null, default)).Current.Resource.Description.ShouldBe("configured");
    }

    [Fact]
    public async Task All_sessions_of_a_tenant_share_one_handle_per_name()
    {
        var catalog = _fixture.Process();
        await catalog.For(Tenant).PutAsync(Samples.Named("a"));
        var handles = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            i % 2 == 0 ? await catalog.ResolveAsync(Tenant, "a", default) : await catalog.ResolveForSessionAsync(Tenant, "a", default))));
        handles.Distinct().ShouldHaveSingleItem().Name.ShouldBe("a");
        (await catalog.ResolveAsync("other", null, default)).ShouldNotBeSameAs(await catalog.ResolveAsync(Tenant, null, default));
    }

    [Fact]
    public async Task Tenants_do_not_share_the_breakers_of_a_configured_resource()
    {
        var catalog = _fixture.Process(Samples.Everything);
        var one = await catalog.ResolveAsync("one", "support", default);
        var two = await catalog.ResolveAsync("two", "support", default);
        one.Current.Redactor.ShouldNotBeSameAs(two.Current.Redactor);
    }

    [Fact]
    public async Task A_change_reaches_the_sessions_at_once()
    {
        var catalog = _fixture.Process();
        await catalog.For(Tenant).PutAsync(Samples.Named("a"));
        var handle = await catalog.ResolveAsync(Tenant, "a", default);
        handle.Current.Redactor.IsActive.ShouldBeFalse();

        await catalog.For(Tenant).PutAsync(Samples.Named("a") with { Privacy = new PrivacyPolicy { RedactPatterns = [@"\d{16}"] }, ReadOnly = true });
        handle.Current.Resource.ShouldSatisfyAllConditions(r => r.Revision.ShouldBe(2), r => r.ReadOnly.ShouldBeTrue());
        handle.Current.Redactor.IsActive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_change_of_another_resource_leaves_a_handle_alone_and_one_of_another_policy_leaves_the_redactor()
    {
        var catalog = _fixture.Process();
        await catalog.For(Tenant).PutAsync(Samples.Everything);
        var handle = await catalog.ResolveAsync(Tenant, "support", default);
        var before = handle.Current;
        await catalog.For(Tenant).PutAsync(Samples.Named("b"));
        handle.Current.ShouldBeSameAs(before);

        await catalog.For(Tenant).PutAsync(Samples.Everything with { Description = "changed" });
        handle.Current.ShouldNotBeSameAs(before);
        handle.Current.Redactor.ShouldBeSameAs(before.Redactor);
    }

    [Fact]
    public async Task An_unknown_or_removed_resource_is_none_for_new_sessions()
    {
        var catalog = _fixture.Process();
        await catalog.For(Tenant).PutAsync(Samples.Named("gone"));
        await catalog.For(Tenant).DeleteAsync("gone");
        foreach (var name in (string[])["gone", "unknown", "a/b"])
        {
            var refused = await Should.ThrowAsync<InvalidRequestException>(async () => await catalog.ResolveAsync(Tenant, name, default));
            refused.Field.ShouldBe("resource");
        }
    }

    [Fact]
    public async Task A_session_keeps_the_last_content_of_a_removed_resource()
    {
        var catalog = _fixture.Process();
        await catalog.For(Tenant).PutAsync(Samples.Everything);
        var handle = await catalog.ResolveAsync(Tenant, "support", default);
        await catalog.For(Tenant).DeleteAsync("support");
        handle.Current.Resource.Budget.ContextTokens.ShouldBe(16_000);

        var restarted = await _fixture.Process().ResolveForSessionAsync(Tenant, "support", default);
        restarted.Current.Resource.Budget.ContextTokens.ShouldBe(16_000);
        restarted.Current.Redactor.IsActive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_whose_resource_nobody_knows_gets_the_default_one_until_it_is_known()
    {
        var catalog = _fixture.Process();
        var handle = await catalog.ResolveForSessionAsync(Tenant, "lost", default);
        handle.Name.ShouldBe("lost");
        handle.Current.Resource.ShouldBe(Default);
        await catalog.For(Tenant).PutAsync(Samples.Named("lost", "found"));
        handle.Current.Resource.Description.ShouldBe("found");
    }

    [Fact]
    public async Task A_resource_made_by_another_process_can_be_used_at_once()
    {
        var (here, there) = (_fixture.Process(), _fixture.Process());
        await here.For(Tenant).ListAsync();
        await there.For(Tenant).PutAsync(Samples.Everything);
        (await here.ResolveAsync(Tenant, "support", default)).Current.Redactor.IsActive.ShouldBeTrue();

        await there.For(Tenant).PutAsync(Samples.Named("b"));
        (await here.ResolveForSessionAsync(Tenant, "b", default)).Current.Resource.Name.ShouldBe("b");
        await there.For(Tenant).PutAsync(Samples.Named("c"));
        (await here.For(Tenant).GetAsync("c")).ETag.ShouldBe("\"r1\"");
    }

    [Fact]
    public async Task A_change_by_another_process_arrives_in_the_background_after_the_refresh_interval()
    {
        var (here, there) = (_fixture.Process(), _fixture.Process());
        await here.For(Tenant).PutAsync(Samples.Named("a"));
        var handle = await here.ResolveAsync(Tenant, "a", default);
        await there.For(Tenant).PutAsync(Samples.Named("a", "changed"));

        _fixture.Time.Advance(ResourceCatalog.DefaultRefreshInterval - TimeSpan.FromMilliseconds(1));
        _fixture.Store.TakeCounts();
        handle.Current.Resource.Description.ShouldBeNull();
        _fixture.Store.Counts.Reads.ShouldBe(0);

        _fixture.Time.Advance(TimeSpan.FromMilliseconds(1));
        Eventually(() => handle.Current.Resource.Description == "changed");
        _fixture.Store.Counts.Reads.ShouldBe(1);
    }

    [Fact]
    public async Task A_refresh_that_fails_leaves_what_is_known_and_is_tried_again_later()
    {
        var (here, there) = (_fixture.Process(), _fixture.Process());
        await here.For(Tenant).PutAsync(Samples.Named("a"));
        var handle = await here.ResolveAsync(Tenant, "a", default);
        await there.For(Tenant).PutAsync(Samples.Named("a", "changed"));
        _fixture.Store.Crash();
        _fixture.Store.TakeCounts();
        _fixture.Time.Advance(ResourceCatalog.DefaultRefreshInterval);

        handle.Current.Resource.Description.ShouldBeNull();
        Eventually(() => _fixture.Store.Counts.Reads == 1);
        (await here.ResolveAsync(Tenant, "a", default)).ShouldBeSameAs(handle);
        (await here.For(Tenant).ListAsync()).Count.ShouldBe(2);

        _fixture.Store.Recover();
        Eventually(() =>
        {
            _fixture.Time.Advance(ResourceCatalog.DefaultRefreshInterval);
            return handle.Current.Resource.Description == "changed";
        });
    }

    [Fact]
    public async Task Two_processes_that_change_at_once_both_succeed()
    {
        var (here, there) = (_fixture.Process(), _fixture.Process());
        using var gate = _fixture.Store.HoldCommits();
        var first = here.For(Tenant).PutAsync(Samples.Named("a"));
        var second = there.For(Tenant).PutAsync(Samples.Named("b"));
        await gate.ArrivalAsync();
        await gate.ArrivalAsync();
        gate.Dispose();
        await Task.WhenAll(first, second);
        (await _fixture.Process().For(Tenant).ListAsync()).Select(r => r.Resource.Name).ShouldBe(["a", "b", "default"]);
    }

    [Fact]
    public async Task A_condition_is_checked_again_after_another_process_was_faster()
    {
        var (here, there) = (_fixture.Process(), _fixture.Process());
        await here.For(Tenant).PutAsync(Samples.Named("a"));
        using var gate = _fixture.Store.HoldCommits();
        var slow = here.For(Tenant).PutAsync(Samples.Named("a", "slow"), "\"r1\"");
        await gate.ArrivalAsync();
        var fast = there.For(Tenant).PutAsync(Samples.Named("a", "fast"), "\"r1\"");
        await gate.ArrivalAsync();
        gate.Dispose();
        var outcomes = await Task.WhenAll(Outcome(slow), Outcome(fast));
        outcomes.Order().ShouldBe(["\"r2\"", "PreconditionFailedException"]);

        static async Task<string> Outcome(Task<StoredResource> change)
        {
            try
            {
                return (await change).ETag;
            }
            catch (PreconditionFailedException e)
            {
                return e.GetType().Name;
            }
        }
    }

    [Fact]
    public async Task Whoever_loses_twice_is_told_to_try_again()
    {
        var (here, there) = (_fixture.Process(), _fixture.Process());
        var isOther = false;
        using var gate = _fixture.Store.HoldCommits(_ => !Volatile.Read(ref isOther));
        var loser = here.For(Tenant).PutAsync(Samples.Named("a"));
        for (var i = 0; i < 2; i++)
        {
            await gate.ArrivalAsync();
            Volatile.Write(ref isOther, true);
            await there.For(Tenant).PutAsync(Samples.Named($"b{i}"));
            Volatile.Write(ref isOther, false);
            gate.ReleaseOne();
        }

        (await Should.ThrowAsync<UnavailableException>(() => loser)).Code.ShouldBe(ErrorCodes.StorageUnavailable);
        gate.Dispose();
        (await here.For(Tenant).GetAsync("b1")).ETag.ShouldBe("\"r1\"");
    }

    [Fact]
    public async Task Many_changes_by_several_processes_lose_nothing()
    {
        var processes = Enumerable.Range(0, 3).Select(_ => _fixture.Process().For(Tenant)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    await processes[i % 3].PutAsync(Samples.Named($"r{i}"));
                    return;
                }
                catch (UnavailableException)
                {
                    await Task.Yield();
                }
            }
        })));
        (await _fixture.Process().For(Tenant).ListAsync()).Count.ShouldBe(61);
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_the_others_their_answer()
    {
        var catalog = _fixture.Process().For(Tenant);
        using var gate = _fixture.Store.HoldCommits();
        var change = catalog.PutAsync(Samples.Named("a"));
        await gate.ArrivalAsync();
        using var giveUp = new CancellationTokenSource();
        var waiting = catalog.PutAsync(Samples.Named("b"), cancellationToken: giveUp.Token);
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        gate.Dispose();
        (await change).ETag.ShouldBe("\"r1\"");
    }

    [Fact]
    public async Task A_first_read_by_many_is_one_read()
    {
        await _fixture.Process().For(Tenant).PutAsync(Samples.Named("a"));
        _fixture.Store.TakeCounts();
        var catalog = _fixture.Process();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await catalog.ResolveAsync(Tenant, "a", default))));
        _fixture.Store.Counts.Reads.ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public async Task A_handle_stays_the_same_and_follows_changes_however_many_tenants_come_and_go()
    {
        var catalog = _fixture.Process();
        await catalog.For(Tenant).PutAsync(Samples.Named("a"));
        var handle = await catalog.ResolveAsync(Tenant, "a", default);
        UseManyTenants(catalog);
        (await catalog.ResolveAsync(Tenant, "a", default)).ShouldBeSameAs(handle);
        await catalog.For(Tenant).PutAsync(Samples.Named("a", "changed"));
        handle.Current.Resource.Description.ShouldBe("changed");
    }

    [Fact]
    public async Task A_tenant_without_sessions_is_forgotten_when_many_others_came()
    {
        var catalog = _fixture.Process();
        var tenant = await FirstHandleAsync(catalog);
        UseManyTenants(catalog);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        tenant.TryGetTarget(out _).ShouldBeFalse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference<ResourceHandle>> FirstHandleAsync(ResourceCatalog catalog) =>
        new(await catalog.ResolveAsync(Tenant, null, default));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UseManyTenants(ResourceCatalog catalog)
    {
        for (var i = 0; i < ResourceCatalog.RecentTenants; i++)
            catalog.For($"tenant{i}");
    }
}
