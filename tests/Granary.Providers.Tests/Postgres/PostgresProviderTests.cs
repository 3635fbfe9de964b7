using System.Text.Json;
using Granary.Providers.Postgres;

namespace Granary.Providers.Tests.Postgres;

/// <summary>What only this provider does, over PostgreSQL as it is installed: without vectors.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresProviderTests(PostgresService service)
{
    private static readonly UserKey Ada = new("acme", "ada");

    [PostgresFact]
    public async Task The_conformance_suite_ran_too()
    {
        // Stands for it, with the reason, where there is no PostgreSQL.
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        (await fixture.Provider.CheckHealthAsync()).Healthy.ShouldBeTrue();
    }

    [PostgresFact]
    public async Task Tables_of_an_earlier_release_get_the_index_they_lack()
    {
        const string Indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname = '{s}' AND indexname = 'memories_number' AND indexdef LIKE 'CREATE UNIQUE%(number)'";
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        await RememberAsync(fixture, "tea");
        (await fixture.SqlAsync(Indexes)).ShouldBe(1L);
        await fixture.SqlAsync("DROP INDEX \"{s}\".memories_number");
        (await fixture.Open().ListAsync(Ada)).Memories.ShouldHaveSingleItem().Content.ShouldBe("tea");
        (await fixture.SqlAsync(Indexes)).ShouldBe(1L);
    }

    [PostgresFact]
    public async Task Without_the_extension_memories_are_kept_and_found_by_words_and_health_says_so()
    {
        var embedder = new WordEmbedder();
        await using var fixture = new PostgresFixture(service.Server.ConnectionString(), embedder);
        await RememberAsync(fixture, "Ada drives a red car");

        (await RecallAsync(fixture, "car")).ShouldBe(["Ada drives a red car"]);
        (await RecallAsync(fixture, "automobile")).ShouldBeEmpty();
        var health = await fixture.Provider.CheckHealthAsync(Ada);
        (health.Healthy, health.DatabaseConnection, health.VectorsAvailable, health.TotalMemories).ShouldBe((true, true, false, 1));
        embedder.Asked.ShouldBeEmpty();
    }

    [PostgresFact]
    public async Task Words_are_found_in_other_forms_names_and_numbers_as_they_are_and_any_word_will_do()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        await RememberAsync(fixture, "Ada sails boats on the lake", "Flight LH1234 leaves at 17:45", "The Who played in Leeds", "It is of no use to anybody");

        (await RecallAsync(fixture, "which boat does she sail?")).ShouldBe(["Ada sails boats on the lake"]);
        (await RecallAsync(fixture, "LH1234")).ShouldBe(["Flight LH1234 leaves at 17:45"]);
        (await RecallAsync(fixture, "when does the zeppelin or the flight leave")).ShouldBe(["Flight LH1234 leaves at 17:45"]);

        // Nothing but small words: then those are looked for.
        (await RecallAsync(fixture, "the who")).First().ShouldBe("The Who played in Leeds");
        (await RecallAsync(fixture, "the of a zeppelin")).ShouldBeEmpty();
    }

    [PostgresFact]
    public async Task Pieces_of_text_are_found_as_they_stand()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        await RememberAsync(fixture, "The error was ERR_49-XK37 again", "100% of it", "100 of it", "a_b", "aXb", @"C:\temp");

        (await RecallAsync(fixture, "49-xk")).ShouldBe(["The error was ERR_49-XK37 again"]);
        (await RecallAsync(fixture, "0%")).ShouldBe(["100% of it"]);
        (await RecallAsync(fixture, "a_b")).First().ShouldBe("a_b");
        (await RecallAsync(fixture, @":\t")).ShouldBe([@"C:\temp"]);
    }

    [PostgresFact]
    public async Task What_has_more_of_the_words_and_the_phrase_itself_comes_first()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        await RememberAsync(fixture, "tea is for the garden, not green", "green tea in the garden", "coffee in the garden");

        var found = await fixture.Provider.RecallAsync(Ada, new ProviderQuery { Query = "green tea" });
        found[0].Content.ShouldBe("green tea in the garden");
        found[0].SimilarityScore.ShouldBe(1);
        found.Count.ShouldBe(2);
    }

    [PostgresFact]
    public async Task The_same_text_in_another_spelling_of_space_is_kept_once()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        var first = await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = "Ada likes café" });
        var again = await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = "  Ada\tlikes cafe\u0301 " });
        (again.Id, again.Duplicate, again.Content).ShouldBe((first.Id, true, "Ada likes café"));

        // Another agent knows it for itself.
        (await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = "Ada likes café", AgentId = "coach" })).Duplicate.ShouldBeFalse();
        (await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = "ada likes café" })).Duplicate.ShouldBeFalse();
    }

    [PostgresFact]
    public async Task An_id_that_is_new_for_a_text_that_is_kept_leads_to_that_one()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Id = "m1", Content = "tea" });
        var again = await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Id = "m2", Content = "tea" });
        (again.Id, again.Duplicate).ShouldBe(("m1", true));
        (await Should.ThrowAsync<ConflictException>(() => fixture.Provider.RememberAsync(Ada, new ProviderDraft { Id = "m1", Content = "tea", AgentId = "coach" })))
            .Code.ShouldBe(ErrorCodes.AlreadyExists);
    }

    [PostgresFact]
    public async Task Metadata_with_a_null_character_are_kept()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = "tea", Metadata = JsonElement.Parse("""{"a":"x\u0000y","b":1}""") });
        var filter = new MemoryFilter { Metadata = JsonElement.Parse("""{"a":"x\u0000y"}""") };
        (await fixture.Provider.RecallAsync(Ada, new ProviderQuery { Query = "tea", Filter = filter })).ShouldHaveSingleItem();
        (await RecallAsync(fixture, "te\0a tea")).ShouldBe(["tea"]);
    }

    [PostgresFact]
    public async Task Times_of_a_filter_are_exact_below_a_microsecond()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        fixture.Time.Advance(TimeSpan.FromTicks(123));
        var kept = await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = "tea" });
        kept.CreatedAt.Ticks.ShouldBe(kept.CreatedAt.Ticks / 10 * 10);

        (await CountAsync(new MemoryFilter { From = kept.CreatedAt })).ShouldBe(1);
        (await CountAsync(new MemoryFilter { From = kept.CreatedAt.AddTicks(1) })).ShouldBe(0);
        (await CountAsync(new MemoryFilter { To = kept.CreatedAt })).ShouldBe(0);
        (await CountAsync(new MemoryFilter { To = kept.CreatedAt.AddTicks(1) })).ShouldBe(1);
        (await CountAsync(new MemoryFilter { From = DateTimeOffset.MinValue, To = DateTimeOffset.MaxValue })).ShouldBe(1);

        async Task<int> CountAsync(MemoryFilter filter) => (await fixture.Provider.RecallAsync(Ada, new ProviderQuery { Query = "tea", Filter = filter })).Count;
    }

    [PostgresFact]
    public async Task Many_processes_may_make_the_schema_at_once()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        var kept = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => fixture.Open().RememberAsync(Ada, new ProviderDraft { Content = "Ada likes tea" }))));
        kept.Count(memory => !memory.Duplicate).ShouldBe(1);
        kept.Select(memory => memory.Id).Distinct().ShouldHaveSingleItem();
    }

    [PostgresFact]
    public async Task Tables_of_a_newer_release_are_left_alone()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        await RememberAsync(fixture, "tea");
        await fixture.SqlAsync("UPDATE {s}.schema_version SET version = 99");

        var newer = fixture.Open();
        (await Should.ThrowAsync<UnavailableException>(() => newer.ListAsync(Ada))).Message.ShouldContain("version 99");
        (await newer.CheckHealthAsync()).Healthy.ShouldBeFalse();
    }

    [PostgresFact]
    public async Task A_user_without_the_right_to_make_a_schema_uses_one_that_is_there()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        await RememberAsync(fixture, "tea");
        var role = $"r_{Guid.NewGuid():n}";
        await fixture.SqlAsync(
            $"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {{s}} TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {{s}} TO {role}");
        var connection = $"Host=127.0.0.1;Port={service.Server.Port};Username={role};Database=postgres";

        var guest = fixture.Open(configure: options => options.ConnectionString = connection);
        (await guest.RecallAsync(Ada, new ProviderQuery { Query = "tea" })).ShouldHaveSingleItem();
        (await guest.RememberAsync(Ada, new ProviderDraft { Content = "coffee" })).Duplicate.ShouldBeFalse();

        var stranger = fixture.Open(configure: options => (options.ConnectionString, options.Schema) = (connection, "elsewhere"));
        (await Should.ThrowAsync<UnavailableException>(() => stranger.ListAsync(Ada))).Message.ShouldContain("CREATE");
        await fixture.SqlAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
    }

    [PostgresFact]
    public async Task A_server_that_comes_back_is_used_again()
    {
        await using var fixture = new PostgresFixture(service.Server.ConnectionString());
        await RememberAsync(fixture, "tea");
        await service.Server.StopAsync(immediate: true);
        try
        {
            var error = await Should.ThrowAsync<UnavailableException>(() => fixture.Provider.ListAsync(Ada));
            (error.Code, error.InnerException).ShouldBe((ErrorCodes.ProviderUnavailable, null));
            (await fixture.Provider.CheckHealthAsync(Ada)).DatabaseConnection.ShouldBe(false);
        }
        finally
        {
            await service.Server.StartAgainAsync();
        }

        // The first call may still meet connections that the server dropped.
        await fixture.Provider.CheckHealthAsync();
        (await fixture.Provider.CheckHealthAsync(Ada)).TotalMemories.ShouldBe(1);
    }

    [PostgresFact]
    public async Task A_call_after_the_end_is_refused_and_health_says_so()
    {
        var fixture = new PostgresFixture(service.Server.ConnectionString());
        await RememberAsync(fixture, "tea");
        await fixture.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(() => fixture.Provider.ListAsync(Ada));
        (await fixture.Provider.CheckHealthAsync()).Healthy.ShouldBeFalse();
    }

    private static async Task RememberAsync(PostgresFixture fixture, params string[] contents)
    {
        foreach (var content in contents)
        {
            await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = content });
            await fixture.TickAsync();
        }
    }

    private static async Task<IEnumerable<string>> RecallAsync(PostgresFixture fixture, string query) =>
        (await fixture.Provider.RecallAsync(Ada, new ProviderQuery { Query = query })).Select(memory => memory.Content);
}
