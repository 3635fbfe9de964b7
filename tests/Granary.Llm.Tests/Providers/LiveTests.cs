using Granary.Core.Recall;
using Granary.Core.Compaction;
using Granary.Llm.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Providers;

/// <summary>Against the services themselves; run only where their keys are set.</summary>
public class LiveTests
{
    [LiveFact("OPENAI_API_KEY")]
    public Task OpenAI_answers_streams_and_summarizes() => AnswersAsync("gpt-4o-mini", "OPENAI_API_KEY", "text-embedding-3-small");

    [LiveFact("ANTHROPIC_API_KEY")]
    public Task Anthropic_answers_streams_and_counts() => AnswersAsync("claude-haiku-4-5", "ANTHROPIC_API_KEY", null);

    [LiveFact("GEMINI_API_KEY")]
    public Task Gemini_answers_streams_and_counts() => AnswersAsync("gemini-2.5-flash", "GEMINI_API_KEY", "gemini-embedding-001");

    private static async Task AnswersAsync(string model, string key, string? embedder)
    {
        await using var services = new ServiceCollection().AddLogs(null).AddGranaryModels(Configuration(
            (key, Environment.GetEnvironmentVariable(key)), ("Granary:Models:Summarizer", model), ("Granary:Models:Embedder", embedder))).BuildServiceProvider();
        var models = services.GetRequiredService<IChatModels>();
        (await models.CompleteAsync(Ask(model, "Say only the word: granary"))).Content.ShouldContain("granary", Case.Insensitive);
        (await models.StreamAsync(Ask(model, "Say only the word: granary")).AllAsync()).ShouldNotBeEmpty();
        (await services.GetRequiredService<IProviderTokenCounter>().CountAsync(Ask(model))).Count.ShouldBeGreaterThan(0);
        var summary = await services.GetRequiredService<ISummarizer>().SummarizeAsync(
            new SummaryRequest([new Message { Role = MessageRole.User, Content = "My name is Ann and I move to Bern in May 2026.", Sequence = 1 }], Snapshot.Empty, 200, model));
        summary.Fallback.ShouldBeNull();
        if (embedder is not null)
            (await services.GetRequiredService<IEmbedder>().EmbedAsync(["one", "two"], EmbeddingPurpose.Document)).Count.ShouldBe(2);
    }
}

/// <summary>A test that needs a key in the environment.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LiveFactAttribute : FactAttribute
{
    public LiveFactAttribute(string key)
    {
        if (string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(key)))
            Skip = $"{key} is not set.";
    }
}
