using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Maintenance;
using Granary.Core.Storage;
using Granary.Llm.Audit;
using Granary.Llm.Batch;
using Granary.Llm.Batch.Jobs;
using Granary.Llm.Batch.Providers;
using Granary.Llm.Functions;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Tests.Batch;

/// <summary>Batches over a fake provider and a store that can be broken; the process can be ended at any point and begun anew.</summary>
internal sealed class BatchFixture : IAsyncDisposable
{
    private readonly ProviderKind _kind;
    private readonly PauseClock _clock;
    private Process _process;

    public BatchFixture(ProviderKind kind)
    {
        _kind = kind;
        _clock = new PauseClock(Time);
        Store = new FaultyPartitionStore(new InMemoryPartitionStore(Time));
        Registry.Add(() => $"tool result {++ToolRuns}", "look_up", "Looks up.");
        _process = Open();
    }

    public ManualTimeProvider Time { get; } = new();

    public FaultyPartitionStore Store { get; }

    public FakeBatchServer Provider { get; } = new();

    public FunctionRegistry Registry { get; } = new();

    public int ToolRuns { get; private set; }

    public List<AuditSession> Audited { get; } = [];

    public ScriptedModels Models { get; } = new();

    public BatchOptions Options { get; } = new();

    public BatchStore Batches => _process.Store;

    public BatchServices Services => _process.Services;

    public string Model => _kind switch { ProviderKind.OpenAI => "gpt-4o", ProviderKind.Anthropic => "claude-sonnet-4-0", ProviderKind.Gemini => "gemini-2.5-flash", _ => "mistral-large" };

    public string Partition { get; private set; } = "";

    public string Remains => BatchPartitions.RemainsOf("acme", "ada", Id);

    public string Id => Partition.Split('/')[^1];

    public Task<BatchInfo> InfoAsync() => Batches.GetAsync("acme", "ada", Id);

    public async Task<BatchInfo> CreateAsync(int lines, Func<BatchRequest, BatchRequest>? change = null, Func<int, string>? customId = null)
    {
        var request = new BatchRequest { Tenant = "acme", User = "ada", Model = Model };
        var info = await Batches.CreateAsync(change?.Invoke(request) ?? request, Questions(lines, customId));
        Partition = BatchPartitions.Of("acme", "ada", info.BatchId);
        return info;
    }

    public static async IAsyncEnumerable<BatchInput> Questions(int lines, Func<int, string>? customId = null)
    {
        await Task.CompletedTask;
        for (var i = 0; i < lines; i++)
        {
            yield return new BatchInput(customId?.Invoke(i), new ChatRequest { Model = "", Messages = [new ModelMessage { Role = MessageRole.User, Content = $"question {i}" }] });
        }
    }

    /// <summary>Lets the process work on the batch once, as when maintenance finds it due.</summary>
    public Task WorkAsync() => PumpAsync(_process.Jobs.RunAsync(Partition, CancellationToken.None));

    /// <summary>Lets the process try again what is left with the provider.</summary>
    public Task TidyAsync() => PumpAsync(_process.Jobs.RunAsync(Remains, CancellationToken.None));

    /// <summary>Lets the time until the next look pass, and works.</summary>
    public async Task PassAsync(TimeSpan? time = null)
    {
        Time.Advance(time ?? Options.PollInterval + TimeSpan.FromSeconds(1));
        await WorkAsync();
    }

    /// <summary>Ends the process: what it had in memory is gone.</summary>
    public void Restart() => _process = Open();

    /// <summary>Another process beside this one.</summary>
    public BatchJobs Second() => Open().Jobs;

    public async Task<IReadOnlyList<BatchResult>> ResultsAsync()
    {
        var results = new List<BatchResult>();
        await foreach (var result in Batches.ResultsAsync("acme", "ada", Id))
        {
            results.Add(result);
        }

        return results;
    }

    public Task<int> MaintainAsync() => new MaintenanceShard(
        PartitionShard.Of(Partition), Store, null!, Time, NullLogger<MaintenanceShard>.Instance, [new BatchMaintenance(Store, _process.Runner, Time)]).WakeAsync(CancellationToken.None);

    /// <summary>Waits for something to end. Of the clock, only the pauses pass that it takes itself; what needs more time is given it by the test.</summary>
    public async Task PumpAsync(Task work)
    {
        while (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(1));
            _clock.EndPause();
        }

        await work;
    }

    public ValueTask DisposeAsync() => Provider.DisposeAsync();

    private Process Open()
    {
        var setups = new[]
        {
            new ProviderSetup(_kind.ToString().ToLowerInvariant(), new ProviderOptions { Kind = _kind, Key = "sk-test", BaseUrl = Provider.Address.AbsoluteUri }),
        };
        var catalogue = new ModelCatalogue([], setups);
        var services = new BatchServices(
            Store,
            new BatchProviders(setups, _clock),
            new ProviderRouter(setups, setup => new HttpChatProvider(setup, _clock, NullLogger<HttpChatProvider>.Instance), catalogue),
            Models,
            new ChatDialects(_clock),
            new BatchTools(_clock, Registry),
            new TokenUsageCalculator(catalogue),
            new ListAudit(Audited),
            Options,
            _clock);
        var jobs = new BatchJobs(services, NullLogger<BatchJobs>.Instance);
        var runner = new BatchRunner(jobs, Options, NullLogger<BatchRunner>.Instance);
        return new Process(services, jobs, runner, new BatchStore(services, runner));
    }

    private sealed record Process(BatchServices Services, BatchJobs Jobs, BatchRunner Runner, BatchStore Store);

    private sealed class ListAudit(List<AuditSession> calls) : IAuditLog
    {
        public void Record(AuditSession session)
        {
            lock (calls)
            {
                calls.Add(session);
            }
        }
    }
}

/// <summary>Models that answer as the test says.</summary>
internal sealed class ScriptedModels : IChatModels
{
    private int _running;

    public Func<ChatRequest, Task<ChatResponse>> Answer { get; set; } = request => Task.FromResult(Text("answer to " + request.Messages[^1].Content));

    public int Asked;

    public int Most;

    public static ChatResponse Text(string text) => new() { Id = "a", Model = "mistral-large", Content = text, Finish = ChatFinish.Stop, Usage = new ChatUsage(1_000, 100) };

    public async Task<ChatResponse> CompleteAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref Asked);
        var running = Interlocked.Increment(ref _running);
        lock (this)
        {
            Most = Math.Max(Most, running);
        }

        try
        {
            return await Answer(request).WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public IAsyncEnumerable<Granary.Llm.Streaming.StreamEvent> StreamAsync(ChatRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
