using Granary.Core.Reflection;
using Granary.Core.Resources;
using Granary.Core.Users;

namespace Granary.Embedded;

/// <summary>Settings of the embedded host.</summary>
public sealed class EmbeddedOptions
{
    /// <summary>Sessions that may be in memory, 1 or more. Beyond it the longest unused leave; they come back when they are called.</summary>
    public int MaxSessions { get; set; } = 1_000;

    /// <summary>Users that may be in memory, 1 or more.</summary>
    public int MaxUsers { get; set; } = 10_000;

    /// <summary>How long a session or user without a call stays in memory, above zero.</summary>
    public TimeSpan IdleTime { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How often idle ones are looked for, above zero.</summary>
    public TimeSpan EvictionInterval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often each maintenance shard wakes, above zero, at most one minute (what a crash left is due after one).</summary>
    public TimeSpan MaintenanceInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a stop waits for the calls that were accepted, above zero.</summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The memory resource of sessions that name none.</summary>
    public MemoryResource DefaultResource { get; set; } = GranaryResources.Default();

    /// <summary>Memory resources from the configuration; they cannot be changed by API.</summary>
    public IReadOnlyList<MemoryResource> Resources { get; set; } = [];

    /// <summary>When sessions are reflected on, and what is kept of it.</summary>
    public ReflectionOptions Reflection { get; set; } = new();

    /// <summary>What becomes of memory records as time goes by.</summary>
    public MemoryLifecycleOptions Memories { get; set; } = new();

    /// <summary>How memory is made and found by vectors, where an embedder is registered.</summary>
    public MemoryVectorOptions Vectors { get; set; } = new();

    /// <summary>Checks the settings.</summary>
    /// <exception cref="InvalidOperationException">One is out of its range; the message names it.</exception>
    public void Validate()
    {
        Require(MaxSessions >= 1, nameof(MaxSessions), "must be 1 or more");
        Require(MaxUsers >= 1, nameof(MaxUsers), "must be 1 or more");
        Require(IdleTime > TimeSpan.Zero, nameof(IdleTime), "must be above zero");
        Require(EvictionInterval > TimeSpan.Zero, nameof(EvictionInterval), "must be above zero");
        Require(
            MaintenanceInterval > TimeSpan.Zero && MaintenanceInterval <= TimeSpan.FromMinutes(1),
            nameof(MaintenanceInterval),
            "must be above zero and at most one minute");
        Require(StopTimeout > TimeSpan.Zero, nameof(StopTimeout), "must be above zero");
        Reflection.Validate();
        Memories.Validate();
        Vectors.Validate();
    }

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"{nameof(EmbeddedOptions)}.{name} {rule}.");
        }
    }
}
