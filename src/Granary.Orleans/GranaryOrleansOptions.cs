using Granary.Core.Reflection;
using Granary.Core.Resources;
using Granary.Core.Users;

namespace Granary.Orleans;

/// <summary>Settings of the memory in a silo.</summary>
public sealed class GranaryOrleansOptions
{
    /// <summary>Sessions that may be in the silo's memory, 1 or more. Beyond it the longest idle leave; they come back when they are called.</summary>
    public int MaxSessions { get; set; } = 1_000;

    /// <summary>Users that may be in the silo's memory, 1 or more.</summary>
    public int MaxUsers { get; set; } = 10_000;

    /// <summary>How long a session or user without a call stays in memory, above zero.</summary>
    public TimeSpan IdleTime { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How often the governor looks at memory and counts, above zero up to a day.</summary>
    public TimeSpan GovernorInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The share of the memory that the process may use at which the governor sends idle activations away, above 0 up to 1.</summary>
    public double MemoryLimit { get; set; } = 0.8;

    /// <summary>The share of that memory it goes down to, above 0 up to <see cref="MemoryLimit"/>.</summary>
    public double MemoryTarget { get; set; } = 0.7;

    /// <summary>Calls of one session at a time, 1 or more; one more is refused with <see cref="ErrorCodes.RateLimited"/>.</summary>
    public int MaxCallsPerSession { get; set; } = 1_000;

    /// <summary>Calls of one user at a time, 1 or more; one more is refused with <see cref="ErrorCodes.RateLimited"/>.</summary>
    public int MaxCallsPerUser { get; set; } = 10_000;

    /// <summary>Whether the maintenance shards wake by reminders; if not, tests wake them.</summary>
    internal bool UseReminders { get; set; } = true;

    /// <summary>The memory resource of sessions that name none.</summary>
    public MemoryResource DefaultResource { get; set; } = GranaryResources.Default();

    /// <summary>Memory resources from the configuration; they cannot be changed by API.</summary>
    public IReadOnlyList<MemoryResource> Resources { get; set; } = [];

    /// <summary>When sessions are reflected on, and what is kept of it.</summary>
    public ReflectionOptions Reflection { get; set; } = new();

    /// <summary>The clock of sessions and users. Orleans keeps its own.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

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
        Require(GovernorInterval > TimeSpan.Zero && GovernorInterval <= TimeSpan.FromDays(1), nameof(GovernorInterval), "must be above zero up to a day");
        Require(MemoryLimit is > 0 and <= 1, nameof(MemoryLimit), "must be above 0 up to 1");
        Require(MemoryTarget > 0 && MemoryTarget <= MemoryLimit, nameof(MemoryTarget), $"must be above 0 up to {nameof(MemoryLimit)}");
        Require(MaxCallsPerSession >= 1, nameof(MaxCallsPerSession), "must be 1 or more");
        Require(MaxCallsPerUser >= 1, nameof(MaxCallsPerUser), "must be 1 or more");
        Reflection.Validate();
        Memories.Validate();
        Vectors.Validate();
    }

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"{nameof(GranaryOrleansOptions)}.{name} {rule}.");
        }
    }
}
