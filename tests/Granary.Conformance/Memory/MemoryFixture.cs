using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Reflection;

namespace Granary.Conformance.Memory;

/// <summary>A memory under test: a host over a store that can fail, with a clock that the test drives.</summary>
public abstract class MemoryFixture : IAsyncDisposable
{
    /// <summary>The tenant of the tests.</summary>
    public const string Tenant = "acme";

    /// <summary>The memory.</summary>
    public abstract IMemoryCluster Cluster { get; }

    /// <summary>The clock.</summary>
    public ManualTimeProvider Time { get; } = new();

    /// <summary>The store beneath.</summary>
    public abstract FaultyPartitionStore Store { get; }

    /// <summary>The summarizer of the host: the default one, which the test can hold or fail.</summary>
    public GatedSummarizer Summarizer { get; } = new();

    /// <summary>When the host's sessions are reflected on; a test may change it before it calls a session. No chunks, which would ask the summarizer too, and nothing put together by itself.</summary>
    public ReflectionOptions Reflection { get; } = new() { ChunkTurns = 1_000, SynthesisSessions = 0 };

    /// <summary>What the host reflects with: the default, which the test can hold, fail or script.</summary>
    public GatedReflector Reflector { get; } = new();

    /// <summary>What the host reconciles with: the default, which the test can fail or script.</summary>
    public GatedReconciler Reconciler { get; } = new();

    /// <summary>What the host puts memories together with: the default, which the test can hold, fail or script.</summary>
    public GatedProfiler Profiler { get; } = new();

    /// <summary>Forgets everything in memory, as a crash of the process would; what is stored stays.</summary>
    public abstract Task RestartAsync();

    /// <summary>A second host over the same store: what two activations of one session would be.</summary>
    public abstract Task<IMemoryCluster> OpenSecondAsync();

    /// <summary>Wakes every maintenance shard once.</summary>
    public abstract Task MaintainAsync();

    /// <summary>A session of user <c>ada</c>.</summary>
    public ISessionMemory Session(string id = "s1", string user = "ada") => Cluster.Session(new SessionKey(Tenant, user, id));

    /// <summary>User <c>ada</c>.</summary>
    public IUserMemory User(string user = "ada") => Cluster.User(new UserKey(Tenant, user));

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
