using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Granary.Core.Compaction;
using Granary.Core.Recall;
using Granary.Llm.Models;
using Granary.Llm.Providers;
using Granary.Llm.Tests.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests;

public class GranaryModelsServicesTests
{
    [Fact]
    public async Task Settings_alone_make_models_that_answer()
    {
        await using var upstream = FakeUpstream.Of(FakeExchange.Answer(200, Completion("hi")));
        await using var services = Services(Configuration(("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", upstream.Address)));
        (await services.GetRequiredService<IChatModels>().CompleteAsync(Ask("gpt-4o"))).Content.ShouldBe("hi");
        services.GetRequiredService<IProviderRouter>().Providers.Count.ShouldBe(3);
        services.GetRequiredService<IModelCatalogue>().Models.ShouldNotBeEmpty();
        (await services.GetRequiredService<IProviderTokenCounter>().CountAsync(Ask("gpt-4o"))).Count.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Without_a_model_named_the_engine_keeps_its_deterministic_path()
    {
        var services = Collection(Configuration(("OPENAI_API_KEY", "k")));
        services.ShouldNotContain(service => service.ServiceType == typeof(ISummarizer) || service.ServiceType == typeof(IEmbedder));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Named_models_become_the_hosts_whichever_is_added_first(bool hostFirst)
    {
        var configuration = Configuration(
            ("OPENAI_API_KEY", "k"), ("Granary:Models:Summarizer", "gpt-4o-mini"), ("Granary:Models:Embedder", "text-embedding-3-large"));
        var services = new ServiceCollection();
        if (hostFirst)
            services.TryAddSingleton<ISummarizer, ExtractiveSummarizer>();
        services.AddLogs(null).AddGranaryModels(configuration);
        services.TryAddSingleton<ISummarizer, ExtractiveSummarizer>();
        await using var provider = services.BuildServiceProvider();
        provider.GetServices<ISummarizer>().ShouldHaveSingleItem().ShouldBeOfType<ModelSummarizer>();
        var embedder = provider.GetServices<IEmbedder>().ShouldHaveSingleItem();
        (embedder.Model, embedder.Dimensions).ShouldBe(("text-embedding-3-large", 3_072));
    }

    [Fact]
    public void Wrong_settings_stop_the_start() =>
        Should.Throw<OptionsValidationException>(() => Collection(Configuration(("Granary:Providers:openai:Retries", "99")))).Message.ShouldContain("Granary:Providers:openai:Retries must be 0 to 10.");

    [Fact]
    public async Task A_summary_through_a_failing_provider_says_so_in_result_and_metrics_and_no_log_has_the_key()
    {
        const string key = "sk-very-secret";
        await using var upstream = FakeUpstream.Of(FakeExchange.Answer(500, "{}", ("retry-after-ms", "1")));
        using var log = new LogLines();
        using var summaries = new Measurements("granary.llm.summaries");
        using var repeats = new Measurements("granary.llm.repeats");
        await using var services = Services(
            Configuration(("OPENAI_API_KEY", key), ("OPENAI_BASE_URL", upstream.Address), ("Granary:Models:Summarizer", "gpt-4.1-nano")), log);
        var summary = await services.GetRequiredService<ISummarizer>().SummarizeAsync(
            new SummaryRequest([new Message { Role = MessageRole.User, Content = "Ann moves to Bern in May.", Sequence = 1 }], Snapshot.Empty, 200, null));
        summary.Episode.ShouldContain("Bern");
        summary.Fallback.ShouldNotBeNull().ShouldContain("500");
        summaries.Of("gpt-4.1-nano").ShouldBe(["provider"]);
        repeats.All.ShouldNotBeEmpty();
        upstream.Requests.ShouldAllBe(request => request.Headers["Authorization"] == $"Bearer {key}");
        log.Lines.ShouldNotBeEmpty();
        log.Lines.ShouldAllBe(line => !line.Contains(key));
    }

    private static ServiceProvider Services(IConfiguration configuration, ILoggerFactory? log = null) => Collection(configuration, log).BuildServiceProvider();

    private static ServiceCollection Collection(IConfiguration configuration, ILoggerFactory? log = null)
    {
        var services = new ServiceCollection();
        services.AddLogs(log).AddGranaryModels(configuration);
        return services;
    }

    private sealed class LogLines : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }

    private sealed class Measurements : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Measurements(string name)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == name)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => All.Enqueue(tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value?.ToString())));
            _listener.Start();
        }

        public ConcurrentQueue<Dictionary<string, string?>> All { get; } = new();

        public IEnumerable<string?> Of(string model) => All.Where(tags => tags["model"] == model).Select(tags => tags["outcome"]);

        public void Dispose() => _listener.Dispose();
    }
}
