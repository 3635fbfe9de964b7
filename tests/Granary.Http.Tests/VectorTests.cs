using Granary.Conformance.Http;
using Granary.Conformance.Memory;
using Granary.Conformance.Stores;
using Granary.Core.Recall;
using Granary.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests;

/// <summary>The API over the embedded host with an embedder.</summary>
public sealed class VectorFixture : HttpFixture
{
    protected override void AddCluster(IServiceCollection services) => services
        .AddSingleton<IPartitionStore>(new InMemoryPartitionStore(TimeProvider.System))
        .AddSingleton<IEmbedder>(new ConceptEmbedder())
        .AddGranaryEmbedded(options => options.Vectors.Delay = TimeSpan.Zero);
}

/// <summary>What the API says of vectors.</summary>
public sealed class VectorTests(VectorFixture fixture) : HttpConformance<VectorFixture>(fixture)
{
    [Fact]
    public async Task Recall_says_how_it_was_looked_for()
    {
        ((bool)(await Api.GetAsync("/memory/health")).ShouldBe(200)["vectors_available"]!).ShouldBeTrue();
        (await Api.PostAsync("/memory/remember", """{"id":"dog","content":"Has a terrier."}""")).Status.ShouldBeOneOf(200, 201);
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while ((int)(await Api.GetAsync("/memory/stats")).ShouldBe(200)["pending_vectors"]! > 0)
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
            await Task.Delay(10);
        }

        foreach (var (asked, done) in (List<(string, string)>)[("auto", "hybrid"), ("hybrid", "hybrid"), ("vector", "vector")])
        {
            var found = (await Api.PostAsync("/memory/recall", $$"""{"query":"canid","mode":"{{asked}}"}""")).ShouldBe(200);
            ((string?)found["mode"]).ShouldBe(done);
            ((string?)found["memories"]![0]!["id"]).ShouldBe("dog");
            ((double)found["memories"]![0]!["score_parts"]!["vectors"]!).ShouldBeGreaterThan(0);
            found.Json.AsObject().ContainsKey("fallback").ShouldBeFalse();
        }

        var words = (await Api.PostAsync("/memory/recall", """{"query":"canid","mode":"keyword"}""")).ShouldBe(200);
        ((string?)words["mode"]).ShouldBe("keyword");
        ((int)words["count"]!).ShouldBe(0);
    }
}
