using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Llm.Audit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Tests.Audit;

/// <summary>The audit of one process, over a store that tests can break and share.</summary>
internal sealed class AuditFixture
{
    public AuditFixture(AuditOptions? options = null, AuditFixture? beside = null)
    {
        Options = options ?? new AuditOptions();
        Time = beside?.Time ?? new ManualTimeProvider();
        Store = beside?.Store ?? new FaultyPartitionStore(new InMemoryPartitionStore(Time));
        Log = new AuditLog(Options, new TokenUsageCalculator(new FixedCatalogue()), Time);
        Writer = new AuditWriter(Store, Log, Options, Time, NullLogger<AuditWriter>.Instance);
        Reader = new UsageReader(Store);
    }

    public AuditOptions Options { get; }

    public ManualTimeProvider Time { get; }

    public FaultyPartitionStore Store { get; }

    public AuditLog Log { get; }

    public AuditWriter Writer { get; }

    public UsageReader Reader { get; }

    public DateOnly Today => DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime);

    public AuditSession Call(string? user = "ada", string? session = "s1", string model = "gpt-4o", int tokens = 1_000, AuditOutcome outcome = AuditOutcome.Completed, string tenant = "acme") => new()
    {
        Tenant = tenant,
        User = user,
        Session = session,
        Model = model,
        Provider = "openai",
        Usage = outcome == AuditOutcome.Failed ? null : new ChatUsage(tokens, 10),
        Outcome = outcome,
        ToolCalls = 1,
        StartedAt = Time.GetUtcNow() - TimeSpan.FromSeconds(2),
        EndedAt = Time.GetUtcNow(),
    };

    public async Task WriteAsync()
    {
        Writer.Take();
        await Writer.WriteAsync(patient: false, CancellationToken.None);
    }

    public Task<UsageReport> TotalsAsync(string? user = null, string? session = null, UsageGrouping by = UsageGrouping.Day) =>
        Reader.ReadAsync(new UsageQuery("acme", user, session, Today, Today) { By = by });

    public async Task<IReadOnlyList<AuditCall>> CallsAsync(string? user = null, string? session = null)
    {
        var all = new List<AuditCall>();
        string? after = null;
        do
        {
            var (calls, next) = await Reader.CallsAsync("acme", Today, user, session, after, 100);
            all.AddRange(calls);
            after = next;
        }
        while (after is not null);
        return all;
    }
}
