using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Core.Compaction;
using Granary.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests;

public sealed class SummaryFallbackTests : IClassFixture<SummaryFallbackTests.Fixture>
{
    private readonly Fixture _fixture;

    public SummaryFallbackTests(Fixture fixture) => _fixture = fixture;

    [Fact]
    public async Task The_end_of_a_session_says_why_no_model_made_its_summary()
    {
        var api = _fixture.Server.As("ada");
        (await api.PostAsync("/memory/store", """{"session_id":"s","user_message":"Where is Oslo?","agent_message":"In Norway."}""")).ShouldBe(200);

        ((string?)(await api.PostAsync("/sessions/end", """{"session_id":"s"}""")).ShouldBe(200)["summary_fallback"]).ShouldNotBeNull().ShouldContain("It is down.");

        (await api.PostAsync("/sessions/end", """{"session_id":"s"}""")).ShouldBe(200)["summary_fallback"].ShouldBeNull();
    }

    public sealed class Fixture : HttpFixture
    {
        protected override void AddCluster(IServiceCollection services)
        {
            services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(TimeProvider.System));
            services.AddSingleton<ISummarizer>(new BrokenSummarizer());
            services.AddGranaryEmbedded();
        }
    }

    private sealed class BrokenSummarizer : ISummarizer
    {
        public int MaxInputTokens => 100_000;

        public ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("It is down.");
    }
}
