using System.Text.Json;
using Granary.Providers.Postgres;

namespace Granary.Providers.Tests.Postgres;

/// <summary>Recall by meaning, over pgvector.</summary>
[Collection(VectorCollection.Name)]
public sealed class VectorTests(VectorService service)
{
    private static readonly UserKey Ada = new("acme", "ada");

    [VectorFact]
    public async Task The_conformance_suite_ran_too()
    {
        // Stands for it, with the reason, where the service is missing.
        await using var fixture = service.Open(new WordEmbedder());
        (await fixture.Provider.CheckHealthAsync()).Healthy.ShouldBeTrue();
    }

    [VectorFact]
    public async Task What_means_the_same_is_found_and_words_and_meaning_together_come_first()
    {
        await using var fixture = service.Open(new WordEmbedder());
        await RememberAsync(fixture, "Bob repairs his car", "A vehicle stood outside", "Ada bakes bread");

        (await RecallAsync(fixture, "automobile")).ShouldBe(["A vehicle stood outside", "Bob repairs his car"], ignoreOrder: true);
        (await RecallAsync(fixture, "car")).ShouldBe(["Bob repairs his car", "A vehicle stood outside"]);
        (await RecallAsync(fixture, "zeppelin")).ShouldBeEmpty();
        var health = await fixture.Provider.CheckHealthAsync(Ada);
        (health.Healthy, health.VectorsAvailable, health.TotalMemories).ShouldBe((true, true, 3));
    }

    [VectorFact]
    public async Task Without_an_embedder_no_vectors_are_kept()
    {
        await using var fixture = service.Open();
        await RememberAsync(fixture, "Ada drives a car");
        (await RecallAsync(fixture, "car")).ShouldHaveSingleItem();
        (await fixture.Provider.CheckHealthAsync()).VectorsAvailable.ShouldBe(false);
        (await fixture.SqlAsync("SELECT to_regclass('{s}.embeddings') IS NULL")).ShouldBe(true);
    }

    [VectorFact]
    public async Task A_user_finds_what_is_his_own_although_the_nearest_of_all_belong_to_others()
    {
        const int Others = 3_000;
        var embedder = new WordEmbedder(dimensions: 8);

        // Always by the index, whatever the number.
        await using var fixture = service.Open(embedder, options => options.ExactVectors = 0);
        await RememberAsync(fixture, "car one", "car two two", "bread");
        await fixture.Provider.Backfill!.Work;
        var key = MemorySchema.ModelKey(embedder);
        await fixture.SqlAsync(
            $$"""
            INSERT INTO {s}.memories(tenant, user_id, id, agent, content, content_hash, created_at)
            SELECT 'acme', 'user-' || n, 'm', 'default', 'car', decode(md5(n::text), 'hex'), now() FROM generate_series(1, {{Others}}) AS n;
            INSERT INTO {s}.embeddings(tenant, user_id, id, model, embedding)
            SELECT 'acme', 'user-' || n, 'm', '{{key}}', ARRAY[1, n / 1e6, 0, 0, 0, 0, 0, 0]::real[]::vector FROM generate_series(1, {{Others}}) AS n;
            ANALYZE {s}.embeddings
            """);

        // As the index alone would have it: all of the nearest belong to others, and nothing is left after the filter.
        var starved = await fixture.SqlAsync(
            $$"""
            BEGIN;
            SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off; SET LOCAL hnsw.iterative_scan = off;
            SELECT count(*) FROM (
                SELECT FROM {s}.embeddings WHERE model = '{{key}}' AND tenant || '' = 'acme' AND user_id || '' = 'ada'
                ORDER BY embedding::vector(8) <=> '[1,0,0,0,0,0,0,0]'::vector(8) LIMIT 10) AS near;
            COMMIT
            """);
        starved.ShouldBe(0L);

        // The server has one session for all clients: the provider's own scan takes the index too.
        await fixture.SqlAsync("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off");
        try
        {
            (await RecallAsync(fixture, "automobile")).ShouldBe(["car one", "car two two"]);
            var filter = new MemoryFilter { To = fixture.Time.GetUtcNow() };
            (await fixture.Provider.RecallAsync(Ada, new ProviderQuery { Query = "automobile", Limit = 1, Filter = filter })).ShouldHaveSingleItem().Content.ShouldBe("car one");
        }
        finally
        {
            await fixture.SqlAsync("RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_sort");
        }

        // Others find theirs, and nothing of hers.
        (await fixture.Provider.RecallAsync(new UserKey("acme", "user-77"), new ProviderQuery { Query = "automobile" })).ShouldHaveSingleItem().UserId.ShouldBe("user-77");
    }

    [VectorFact]
    public async Task By_the_index_and_one_by_one_a_users_many_memories_are_the_same()
    {
        const int Many = 400;
        var embedder = new WordEmbedder(dimensions: 8);
        await using var fixture = service.Open(embedder);
        await RememberAsync(fixture, "a b c d e f g h");
        var key = MemorySchema.ModelKey(embedder);
        await fixture.SqlAsync(
            $$"""
            INSERT INTO {s}.memories(tenant, user_id, id, agent, content, content_hash, created_at)
            SELECT 'acme', 'ada', 'm' || n, 'default', 'x', decode(md5(n::text), 'hex'), now() FROM generate_series(1, {{Many}}) AS n;
            INSERT INTO {s}.embeddings(tenant, user_id, id, model, embedding)
            SELECT 'acme', 'ada', 'm' || n, '{{key}}', ARRAY[1, n / 100.0, 0, 0, 0, 0, 0, 0]::real[]::vector FROM generate_series(1, {{Many}}) AS n
            """);

        var exact = await fixture.Provider.RecallAsync(Ada, new ProviderQuery { Query = "a", Limit = 20 });
        var indexed = await fixture.Open(embedder, options => options.ExactVectors = 10).RecallAsync(Ada, new ProviderQuery { Query = "a", Limit = 20 });
        exact.Count.ShouldBe(20);
        exact.Skip(1).Take(10).Select(memory => memory.Id).ShouldBe(Enumerable.Range(1, 10).Select(n => $"m{n}"), ignoreOrder: true);

        // The index is not exact, but not far from it.
        indexed.Select(memory => memory.Id).Intersect(exact.Select(memory => memory.Id)).Count().ShouldBeGreaterThanOrEqualTo(18);
    }

    [VectorFact]
    public async Task What_could_not_be_embedded_is_kept_found_by_words_and_embedded_later()
    {
        var embedder = new WordEmbedder { Fault = _ => new InvalidOperationException("The embedder is down.") };
        await using var fixture = service.Open(embedder);
        await RememberAsync(fixture, "Ada drives a car");
        (await RecallAsync(fixture, "car")).ShouldBe(["Ada drives a car"]);
        (await RecallAsync(fixture, "automobile")).ShouldBeEmpty();

        // The pass that failed waits for its next turn.
        await fixture.Time.UntilTimersAsync(1);
        embedder.Fault = null;
        fixture.Time.Advance(TimeSpan.FromSeconds(15));
        await fixture.Provider.Backfill!.Work;
        (await RecallAsync(fixture, "automobile")).ShouldBe(["Ada drives a car"]);
    }

    [VectorFact]
    public async Task A_text_that_the_model_refuses_keeps_no_other_back()
    {
        var embedder = new WordEmbedder { Fault = _ => new InvalidOperationException() };
        await using var fixture = service.Open(embedder);
        await RememberAsync(fixture, "Ada drives a car", "poison", "Bob rides a bicycle");
        await fixture.Time.UntilTimersAsync(1);
        embedder.Fault = texts => texts.Any(text => text.Contains("poison", StringComparison.Ordinal)) ? new InvalidOperationException() : null;
        fixture.Time.Advance(TimeSpan.FromSeconds(15));
        await fixture.Time.UntilTimersAsync(1);

        (await fixture.SqlAsync("SELECT string_agg(m.content, '|' ORDER BY m.number) FROM {s}.memories m JOIN {s}.embeddings e USING (tenant, user_id, id)"))
            .ShouldBe("Ada drives a car|Bob rides a bicycle");
    }

    [VectorFact]
    public async Task An_embedder_that_hangs_is_not_waited_for()
    {
        await using var fixture = service.Open(new HangingEmbedder());
        var remembering = fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = "tea" });
        await fixture.Time.UntilTimersAsync(1);
        fixture.Time.Advance(TimeSpan.FromSeconds(5));
        (await remembering).Duplicate.ShouldBeFalse();
    }

    [VectorFact]
    public async Task Vectors_of_another_model_are_ignored_and_made_anew()
    {
        await using var fixture = service.Open(new WordEmbedder("old", 64));
        await RememberAsync(fixture, "Ada drives a car", "Bob bakes bread");

        var embedder = new WordEmbedder("new", 32) { Fault = texts => texts.Count > 1 || texts[0] != "automobile" ? new InvalidOperationException() : null };
        var provider = fixture.Open(embedder);

        // Before: nothing of the new model is there, and nothing of the old one is compared with it.
        (await provider.RecallAsync(Ada, new ProviderQuery { Query = "automobile" })).ShouldBeEmpty();
        (await provider.RecallAsync(Ada, new ProviderQuery { Query = "car" })).ShouldHaveSingleItem();

        await fixture.Time.UntilTimersAsync(1);
        embedder.Fault = null;
        fixture.Time.Advance(TimeSpan.FromSeconds(15));
        await provider.Backfill!.Work;
        (await provider.RecallAsync(Ada, new ProviderQuery { Query = "automobile" })).ShouldHaveSingleItem().Content.ShouldBe("Ada drives a car");
        (await fixture.SqlAsync("SELECT string_agg(DISTINCT m.name || ' ' || m.dimensions, '|') FROM {s}.embeddings e JOIN {s}.models m ON m.key = e.model")).ShouldBe("new 32");
    }

    [VectorFact]
    public async Task Memories_of_before_the_embedder_get_their_vectors()
    {
        await using var fixture = service.Open();
        await RememberAsync(fixture, [.. Enumerable.Range(0, 70).Select(number => $"car {number}")]);

        var provider = fixture.Open(new WordEmbedder());
        await provider.ListAsync(Ada);
        await provider.Backfill!.Work;
        (await fixture.SqlAsync("SELECT count(*) FROM {s}.embeddings")).ShouldBe(70L);
        (await provider.RecallAsync(Ada, new ProviderQuery { Query = "automobile", Limit = 100 })).Count.ShouldBe(70);
    }

    [VectorFact]
    public async Task What_is_deleted_or_erased_leaves_no_vector()
    {
        await using var fixture = service.Open(new WordEmbedder());
        await RememberAsync(fixture, "car one", "car two", "car three");
        var kept = (await fixture.Provider.ListAsync(Ada)).Memories;
        await fixture.Provider.DeleteAsync(Ada, kept[0].Id);
        (await fixture.SqlAsync("SELECT count(*) FROM {s}.embeddings")).ShouldBe(2L);
        (await fixture.Provider.EraseAsync(Ada)).ShouldBe(2);
        (await fixture.SqlAsync("SELECT count(*) FROM {s}.embeddings")).ShouldBe(0L);
    }

    [VectorFact]
    public async Task A_filter_of_metadata_holds_for_meaning_too()
    {
        await using var fixture = service.Open(new WordEmbedder());
        await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = "car one", Metadata = JsonElement.Parse("""{"n":1}""") });
        await fixture.Provider.RememberAsync(Ada, new ProviderDraft { Content = "car two", Metadata = JsonElement.Parse("""{"n":2}""") });
        var filter = new MemoryFilter { Metadata = JsonElement.Parse("""{"n":{"gt":1}}""") };
        (await fixture.Provider.RecallAsync(Ada, new ProviderQuery { Query = "automobile", Filter = filter })).ShouldHaveSingleItem().Content.ShouldBe("car two");
    }

    [VectorFact]
    public async Task Vectors_too_long_for_an_index_are_compared_one_by_one()
    {
        await using var fixture = service.Open(new WordEmbedder(dimensions: 3_072), options => options.ExactVectors = 0);
        await RememberAsync(fixture, "car one");
        (await RecallAsync(fixture, "automobile")).ShouldBe(["car one"]);
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

    private sealed class HangingEmbedder : Granary.Core.Recall.IEmbedder
    {
        public string Model => "hangs";

        public int Dimensions => 8;

        public ValueTask<IReadOnlyList<float[]>> EmbedAsync(
            IReadOnlyList<string> texts, Granary.Core.Recall.EmbeddingPurpose purpose, CancellationToken cancellationToken = default) =>
            new(new TaskCompletionSource<IReadOnlyList<float[]>>().Task);
    }
}
