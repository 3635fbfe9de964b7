namespace Granary.Faults.Cluster;

/// <summary>What is done to the silos while they are under load.</summary>
internal enum Scenario
{
    /// <summary>Nothing; the load is turns to store and nothing else, for throughput.</summary>
    Load,

    /// <summary>One at a time is killed and restarted, again and again.</summary>
    Kill,

    /// <summary>All are restarted with SIGTERM, one after the other.</summary>
    Rolling,

    /// <summary>One hangs for a while and goes on.</summary>
    Freeze,

    /// <summary>Kills, then a rolling restart, then a freeze.</summary>
    All,
}

/// <summary>How a run over a cluster is made.</summary>
internal sealed record ClusterSettings
{
    public required Scenario Scenario { get; init; }

    public required int Silos { get; init; }

    /// <summary>The silo's program.</summary>
    public required string Library { get; init; }

    /// <summary>The setting STORAGE of the silos; <c>sqlite</c> for one silo without PostgreSQL.</summary>
    public required string Storage { get; init; }

    /// <summary>Requests under way at a time; those that do not answer for a moment are not counted.</summary>
    public required int Connections { get; init; }

    /// <summary>Sessions in use at a time.</summary>
    public required int Sessions { get; init; }

    /// <summary>Decides what is sent and which silo is killed. What is under way then is up to the machine.</summary>
    public required int Seed { get; init; }

    /// <summary>From one event to the next, not before the silo of the first is back.</summary>
    public required TimeSpan Every { get; init; }

    /// <summary>How long silos are killed, or how long the load lasts where nothing is done to them.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Load before the first event and after the last one.</summary>
    public required TimeSpan Steady { get; init; }

    /// <summary>How long a killed silo stays down.</summary>
    public required TimeSpan Down { get; init; }

    /// <summary>How long a silo hangs.</summary>
    public required TimeSpan Freeze { get; init; }

    /// <summary>After this long without an answer a caller gives up on a silo and asks another.</summary>
    public required TimeSpan AttemptPatience { get; init; }

    /// <summary>The setting MAX_SESSIONS of each silo; 0 for its default.</summary>
    public required int MaxSessions { get; init; }

    /// <summary>The setting LOG_LEVEL of each silo.</summary>
    public required string LogLevel { get; init; }

    /// <summary>Whether the end waits for maintenance to list what a crash left unlisted; otherwise it is started, which lists it.</summary>
    public required bool AwaitMaintenance { get; init; }

    /// <summary>Keep the folder even if all is well.</summary>
    public required bool Keep { get; init; }

    /// <summary>Before the comparison put back what the store held half way: the run must fail.</summary>
    public required bool RollBack { get; init; }
}
