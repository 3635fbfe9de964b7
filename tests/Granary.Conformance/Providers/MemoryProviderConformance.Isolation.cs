namespace Granary.Conformance.Providers;

public abstract partial class MemoryProviderConformance
{
    /// <summary>Users that careless keys take for one another.</summary>
    private static readonly UserKey[] Others =
    [
        new("acme", "bob"), new("acme", "Ada"), new("Acme", "ada"), new("other", "ada"), new("acme", "ad"), new("acme", "ada:1"), new("acme:ada", "1"),
        new("acme", "ada|1"), new("acme|ada", "1"), new("acme", "a~da"), new("ada", "acme"),
    ];

    [Fact]
    public async Task Users_and_tenants_never_mix()
    {
        var id = Fixture.TakesIds ? "m1" : null;
        UserKey[] all = [Ada, .. Others];
        foreach (var user in all)
        {
            (await RememberAsync("everybody likes tea", user, id)).Duplicate.ShouldBeFalse();
            await RememberAsync($"tea of {user.Tenant}/{user.User}", user);
        }

        foreach (var user in all)
        {
            string[] expected = ["everybody likes tea", $"tea of {user.Tenant}/{user.User}"];
            var memories = await ListAsync(user);
            memories.Select(memory => memory.Content).ShouldBe(expected, ignoreOrder: true);
            memories.ShouldAllBe(memory => memory.UserId == user.User);
            (await RecallAsync("tea", user, limit: 100)).ShouldBe(expected, ignoreOrder: true);
            if (Fixture.Counts)
            {
                (await Provider.CheckHealthAsync(user)).TotalMemories.ShouldBe(2);
            }
        }
    }

    [Fact]
    public async Task Nobody_reads_or_deletes_what_belongs_to_another()
    {
        var kept = await RememberAsync("tea");
        foreach (var user in Others)
        {
            await Should.ThrowAsync<NotFoundException>(() => Provider.GetAsync(user, kept.Id));
            (await Provider.DeleteAsync(user, kept.Id)).ShouldBeFalse();
        }

        (await Provider.GetAsync(Ada, kept.Id)).Content.ShouldBe("tea");
    }

    [Fact]
    public async Task A_delete_leaves_what_has_the_same_id_with_others()
    {
        if (!Fixture.TakesIds)
        {
            return;
        }

        foreach (var user in Others)
        {
            await RememberAsync("tea", user, "m1");
        }

        await RememberAsync("tea", id: "m1");
        (await Provider.DeleteAsync(Ada, "m1")).ShouldBeTrue();
        foreach (var user in Others)
        {
            (await Provider.GetAsync(user, "m1")).Content.ShouldBe("tea");
        }
    }

    [Fact]
    public async Task An_erasure_takes_all_of_a_user_and_nothing_of_others()
    {
        foreach (var user in Others)
        {
            await RememberAsync("tea of another", user);
        }

        const int Many = 120;
        for (var number = 0; number < Many; number++)
        {
            await RememberAsync($"tea {number}");
        }

        var erased = await Provider.EraseAsync(Ada);
        if (Fixture.Counts)
        {
            erased.ShouldBe(Many);
            (await Provider.CheckHealthAsync(Ada)).TotalMemories.ShouldBe(0);
        }

        (await ListAsync()).ShouldBeEmpty();
        (await RecallAsync("tea")).ShouldBeEmpty();
        (await Provider.EraseAsync(Ada)).ShouldBe(0);
        foreach (var user in Others)
        {
            (await ListAsync(user)).ShouldHaveSingleItem().Content.ShouldBe("tea of another");
        }

        (await RememberAsync("tea again")).Duplicate.ShouldBeFalse();
        (await RecallAsync("tea")).ShouldBe(["tea again"]);
    }
}
