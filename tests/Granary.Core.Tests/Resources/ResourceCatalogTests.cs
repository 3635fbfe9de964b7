using Granary.Conformance.Stores;
using Granary.Core.Resources;
using Granary.Core.Storage;

namespace Granary.Core.Tests.Resources;

/// <summary>The catalog as its API shows it.</summary>
public class ResourceCatalogTests
{
    private readonly CatalogFixture _fixture = new();

    [Fact]
    public async Task A_resource_is_found_again_as_it_was_put_with_its_revision_and_etag()
    {
        var catalog = Catalog();
        var stored = await catalog.PutAsync(Samples.Everything with { Revision = 77 });
        (stored.Resource.Revision, stored.ETag, stored.Configured).ShouldBe((1, "\"r1\"", false));

        var other = await Catalog().GetAsync("support");
        ResourceContent.AreSame(other.Resource, Samples.Everything).ShouldBeTrue();
        (other.Resource.Revision, other.ETag).ShouldBe((1, "\"r1\""));
    }

    [Fact]
    public async Task Each_change_counts_the_revision_and_the_same_content_does_not()
    {
        var catalog = Catalog();
        await catalog.PutAsync(Samples.Named("a"));
        _fixture.Store.TakeCounts();
        (await catalog.PutAsync(Samples.Named("a"))).ETag.ShouldBe("\"r1\"");
        _fixture.Store.Counts.Commits.ShouldBe(0);
        (await catalog.PutAsync(Samples.Named("a", "changed"))).ETag.ShouldBe("\"r2\"");
        (await catalog.GetAsync("a")).Resource.Description.ShouldBe("changed");
    }

    [Fact]
    public async Task A_revision_goes_on_after_a_removal()
    {
        var catalog = Catalog();
        await catalog.PutAsync(Samples.Named("a"));
        await catalog.DeleteAsync("a");
        await Should.ThrowAsync<NotFoundException>(() => catalog.GetAsync("a"));
        await Should.ThrowAsync<NotFoundException>(() => catalog.DeleteAsync("a"));
        (await catalog.PutAsync(Samples.Named("a"), ifNoneMatch: true)).ETag.ShouldBe("\"r2\"");
    }

    [Fact]
    public async Task The_list_holds_configured_and_own_resources_by_name_and_no_removed_ones()
    {
        var catalog = Catalog(Samples.Named("m"));
        foreach (var name in (string[])["z", "b", "gone", "B"])
            await catalog.PutAsync(Samples.Named(name));
        await catalog.DeleteAsync("gone");
        var list = await catalog.ListAsync();
        list.Select(r => (r.Resource.Name, r.Configured)).ShouldBe([("B", false), ("b", false), ("default", true), ("m", true), ("z", false)]);
    }

    [Theory]
    [InlineData("\"r1\"", true)]
    [InlineData("*", true)]
    [InlineData("\"r7\", \"r1\"", true)]
    [InlineData("\"r7\",*", true)]
    [InlineData("\"r2\"", false)]
    [InlineData("r1", false)]
    [InlineData("W/\"r1\"", false)]
    [InlineData("", false)]
    public async Task A_change_needs_the_etag_it_was_given(string ifMatch, bool holds)
    {
        var catalog = Catalog();
        await catalog.PutAsync(Samples.Named("a"));
        if (holds)
        {
            (await catalog.PutAsync(Samples.Named("a", "new"), ifMatch)).ETag.ShouldBe("\"r2\"");
            return;
        }

        (await Should.ThrowAsync<PreconditionFailedException>(() => catalog.PutAsync(Samples.Named("a", "new"), ifMatch))).CurrentETag.ShouldBe("\"r1\"");
        (await Should.ThrowAsync<PreconditionFailedException>(() => catalog.DeleteAsync("a", ifMatch))).CurrentETag.ShouldBe("\"r1\"");
        (await catalog.GetAsync("a")).Resource.Description.ShouldBeNull();
    }

    [Fact]
    public async Task Conditions_on_what_is_not_there_or_is_there_already_are_checked()
    {
        var catalog = Catalog();
        (await Should.ThrowAsync<PreconditionFailedException>(() => catalog.PutAsync(Samples.Named("a"), "*"))).CurrentETag.ShouldBeNull();
        await catalog.PutAsync(Samples.Named("a"), ifNoneMatch: true);
        (await Should.ThrowAsync<PreconditionFailedException>(() => catalog.PutAsync(Samples.Named("a"), ifNoneMatch: true))).CurrentETag.ShouldBe("\"r1\"");
        await catalog.DeleteAsync("a", "\"r1\"");
        await Should.ThrowAsync<PreconditionFailedException>(() => catalog.PutAsync(Samples.Named("a"), "\"r1\""));
    }

    [Fact]
    public async Task Configured_resources_are_shown_and_cannot_be_changed()
    {
        var catalog = Catalog(Samples.Everything);
        (await catalog.GetAsync("support")).ShouldSatisfyAllConditions(r => r.Configured.ShouldBeTrue(), r => r.ETag.ShouldBe("\"r1\""));
        (await catalog.GetAsync("default")).Configured.ShouldBeTrue();
        foreach (var name in (string[])["support", "default"])
        {
            (await Should.ThrowAsync<AccessDeniedException>(() => catalog.PutAsync(Samples.Named(name)))).Code.ShouldBe(ErrorCodes.Forbidden);
            (await Should.ThrowAsync<AccessDeniedException>(() => catalog.DeleteAsync(name))).Code.ShouldBe(ErrorCodes.Forbidden);
        }

        _fixture.Store.Counts.Commits.ShouldBe(0);
    }

    [Fact]
    public async Task A_configured_resource_hides_a_stored_one_of_its_name_as_long_as_it_is_configured()
    {
        await Catalog().PutAsync(Samples.Named("support", "stored"));
        (await Catalog(Samples.Everything).GetAsync("support")).Resource.Description.ShouldBe(Samples.Everything.Description);
        (await Catalog(Samples.Everything).ListAsync()).Count(r => r.Resource.Name == "support").ShouldBe(1);
        (await Catalog().GetAsync("support")).Resource.Description.ShouldBe("stored");
    }

    [Fact]
    public void A_configuration_that_breaks_a_rule_stops_the_start()
    {
        Should.Throw<InvalidRequestException>(() => _fixture.Process(Samples.Named("a"), Samples.Named("a b"))).Field.ShouldBe("resources[1].name");
        Should.Throw<InvalidRequestException>(() => _fixture.Process(Samples.Named("a"), Samples.Named("a"))).Message.ShouldBe("resources[1].name comes twice");
    }

    [Fact]
    public async Task A_broken_rule_is_refused_before_the_store_is_asked()
    {
        var catalog = Catalog();
        (await Should.ThrowAsync<InvalidRequestException>(() => catalog.PutAsync(Samples.Named("a b")))).Field.ShouldBe("name");
        (await Should.ThrowAsync<InvalidRequestException>(() => catalog.GetAsync("a/b"))).Field.ShouldBe("name");
        Should.Throw<InvalidRequestException>(() => _fixture.Process().For("a/b")).Field.ShouldBe("tenant_id");
        _fixture.Store.Counts.ShouldBe(StoreCounts.Zero);
    }

    [Fact]
    public async Task Tenants_do_not_see_each_other()
    {
        var catalog = _fixture.Process();
        await catalog.For("acme").PutAsync(Samples.Named("a"));
        await Should.ThrowAsync<NotFoundException>(() => catalog.For("other").GetAsync("a"));
        _fixture.Memory.Partitions.ShouldBe(["resources/acme"]);
    }

    [Fact]
    public async Task An_import_makes_what_is_missing_and_leaves_or_changes_the_rest()
    {
        var catalog = Catalog(Samples.Everything);
        await catalog.PutAsync(Samples.Named("old"));
        await catalog.PutAsync(Samples.Named("same"));
        await catalog.PutAsync(Samples.Named("removed"));
        await catalog.DeleteAsync("removed");
        MemoryResource[] resources = [Samples.Named("new"), Samples.Named("old", "changed"), Samples.Named("same"), Samples.Named("support"), Samples.Named("removed")];

        var seeded = await catalog.ImportAsync(resources, overwrite: false);
        seeded.Created.ShouldBe(["new", "removed"]);
        seeded.Updated.ShouldBeEmpty();
        seeded.Skipped.ShouldBe(["old", "same", "support"]);
        (await catalog.GetAsync("old")).Resource.Description.ShouldBeNull();
        (await catalog.GetAsync("removed")).ETag.ShouldBe("\"r2\"");

        var overwritten = await catalog.ImportAsync(resources, overwrite: true);
        overwritten.Created.ShouldBeEmpty();
        overwritten.Updated.ShouldBe(["old"]);
        overwritten.Skipped.ShouldBe(["new", "same", "support", "removed"]);
        (await catalog.GetAsync("old")).ShouldSatisfyAllConditions(r => r.ETag.ShouldBe("\"r2\""), r => r.Resource.Description.ShouldBe("changed"));
    }

    [Fact]
    public async Task An_export_can_be_imported_again()
    {
        var catalog = Catalog(Samples.Everything);
        await catalog.PutAsync(Samples.Named("a"));
        var export = (await catalog.ListAsync()).Select(r => r.Resource).ToList();
        (await catalog.ImportAsync(export, overwrite: true)).Skipped.Count.ShouldBe(3);
        (await _fixture.Process().For("other").ImportAsync(export, overwrite: true)).Created.ShouldBe(["a", "support"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_thousand_resources_are_imported_in_one_commit_or_not_at_all()
    {
        var catalog = Catalog();
        var resources = Enumerable.Range(0, 1_000).Select(i => Samples.Named($"r{i}")).ToArray();
        (await catalog.ImportAsync(resources, overwrite: false)).Created.Count.ShouldBe(1_000);
        _fixture.Store.Counts.Commits.ShouldBe(1);
        (await Catalog().ListAsync()).Count.ShouldBe(1_001);

        var second = resources.Select(r => r with { Description = "changed" }).ToArray();
        second[999] = second[999] with { Retention = new RetentionPolicy { EraseAfterDays = 0 } };
        (await Should.ThrowAsync<InvalidRequestException>(() => catalog.ImportAsync(second, overwrite: true))).Field.ShouldBe("resources[999].retention.erase_after_days");
        (await Catalog().ListAsync()).ShouldAllBe(r => r.Resource.Description == null || r.Configured);
    }

    [Fact]
    public async Task An_import_names_what_is_wrong_with_it()
    {
        var catalog = Catalog();
        await Refused("resources", null!);
        await Refused("resources");
        await Refused("resources[1]", Samples.Named("a"), null!);
        await Refused("resources[1].name", Samples.Named("a"), Samples.Named("a"));
        await Refused("resources[0].key_template", Samples.Named("a") with { KeyTemplate = "{{" });
        (await Should.ThrowAsync<TooLargeException>(() => catalog.ImportAsync([.. Enumerable.Repeat(Samples.Named("a"), 1_001)], false))).Field.ShouldBe("resources");
        _fixture.Store.Counts.ShouldBe(StoreCounts.Zero);

        async Task Refused(string field, params MemoryResource[] resources) =>
            (await Should.ThrowAsync<InvalidRequestException>(() => catalog.ImportAsync(resources, false))).Field.ShouldBe(field);
    }

    [Fact]
    public async Task Resources_that_together_are_larger_than_a_commit_are_refused()
    {
        var catalog = Catalog();
        var large = Enumerable.Range(0, 900).Select(i => Samples.Named($"r{i}", new string('x', 2_000))).ToArray();
        (await Should.ThrowAsync<TooLargeException>(() => catalog.ImportAsync(large, false))).Field.ShouldBe("resources");
        (await catalog.ListAsync()).Count.ShouldBe(1);
        (await catalog.ImportAsync(large[..450], false)).Created.Count.ShouldBe(450);
    }

    [Fact]
    public async Task A_session_id_is_made_of_the_key_template()
    {
        var catalog = Catalog(Samples.Everything);
        (await catalog.ResolveSessionIdAsync("support", new Dictionary<string, string> { ["customer"] = "c7" })).ShouldBe("support:c7");
        (await Should.ThrowAsync<InvalidRequestException>(() => catalog.ResolveSessionIdAsync("support", new Dictionary<string, string>()))).Field.ShouldBe("key_values.customer");
        (await Should.ThrowAsync<InvalidRequestException>(() => catalog.ResolveSessionIdAsync("default", new Dictionary<string, string>()))).Field.ShouldBe("resource");
        await Should.ThrowAsync<NotFoundException>(() => catalog.ResolveSessionIdAsync("nothing", new Dictionary<string, string>()));
    }

    [Fact]
    public async Task A_caller_cannot_change_a_resource_by_changing_its_lists_later()
    {
        var catalog = Catalog();
        var patterns = new List<string> { @"\d{16}" };
        await catalog.PutAsync(Samples.Named("a") with { Privacy = new PrivacyPolicy { RedactPatterns = patterns } });
        patterns.Clear();
        (await catalog.GetAsync("a")).Resource.Privacy.RedactPatterns.ShouldBe([@"\d{16}"]);
    }

    [Fact]
    public async Task A_store_that_fails_is_reported_as_unavailable()
    {
        var catalog = Catalog();
        _fixture.Store.FailReads();
        var unavailable = await Should.ThrowAsync<UnavailableException>(() => catalog.ListAsync());
        (unavailable.Code, unavailable.RetryAfter).ShouldBe((ErrorCodes.StorageUnavailable, TimeSpan.FromSeconds(1)));
        (await catalog.ListAsync()).Count.ShouldBe(1);

        _fixture.Store.FailCommits();
        await Should.ThrowAsync<UnavailableException>(() => catalog.PutAsync(Samples.Named("a")));
        await Should.ThrowAsync<NotFoundException>(() => catalog.GetAsync("a"));
        (await catalog.PutAsync(Samples.Named("a"))).ETag.ShouldBe("\"r1\"");
    }

    [Fact]
    public async Task A_change_whose_outcome_was_lost_can_be_repeated()
    {
        var catalog = Catalog();
        _fixture.Store.FailCommits(point: FaultPoint.AfterWrite);
        await Should.ThrowAsync<UnavailableException>(() => catalog.PutAsync(Samples.Named("a")));
        (await catalog.PutAsync(Samples.Named("a"))).ETag.ShouldBe("\"r1\"");
        (await catalog.GetAsync("a")).ETag.ShouldBe("\"r1\"");
    }

    [Fact]
    public async Task Stored_resources_of_a_newer_release_are_not_touched()
    {
        await _fixture.Store.CommitAsync(new PartitionCommit
        {
            Partition = "resources/acme", Expected = PartitionVersion.None, Writes = [DocumentWrite.Put(ResourceDocument.Id, """{"schema":2,"resources":[]}"""u8.ToArray())],
        });
        var unavailable = await Should.ThrowAsync<UnavailableException>(() => Catalog().PutAsync(Samples.Named("a")));
        unavailable.InnerException.ShouldNotBeNull().Message.ShouldContain("schema 2");
    }

    [Fact]
    public async Task A_tenant_that_was_erased_can_begin_again()
    {
        await Catalog().PutAsync(Samples.Named("a"));
        var page = await _fixture.Store.ReadAsync("resources/acme", DocumentRange.Prefix("r:"));
        (await _fixture.Store.DeleteAsync("resources/acme", page.Version)).ShouldBeTrue();
        (await Catalog().ListAsync()).Count.ShouldBe(1);
        (await Catalog().PutAsync(Samples.Named("a"))).ETag.ShouldBe("\"r1\"");
    }

    private IResourceCatalog Catalog(params MemoryResource[] configured) => _fixture.Process(configured).For(CatalogFixture.Tenant);
}
