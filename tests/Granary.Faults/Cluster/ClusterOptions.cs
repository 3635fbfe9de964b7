using System.CommandLine;

namespace Granary.Faults.Cluster;

/// <summary>The options of a run over a cluster.</summary>
internal sealed class ClusterOptions
{
    private readonly Option<bool> _cluster = new("--cluster") { Description = "Faults of a cluster of silos over PostgreSQL, instead of one server." };

    private readonly Option<Scenario> _scenario = new("--scenario")
    {
        Description = "Cluster: what is done to the silos: kill, rolling, freeze, all of them, or load (nothing: throughput of turns to store).",
        DefaultValueFactory = _ => Scenario.All,
    };

    private readonly Option<bool> _short = new("--short") { Description = "Cluster: one kill, one rolling restart and one freeze in about 90 seconds." };

    private readonly Option<int> _silos = new("--silos") { Description = "Cluster: how many silos.", DefaultValueFactory = _ => 3 };

    private readonly Option<double> _every = new("--every")
    {
        Description = "Cluster: seconds from one kill to the next; longer where the killed silo is not back by then.",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<double> _minutes = new("--minutes")
    {
        Description = "Cluster: how long silos are killed, or how long the load lasts.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> _down = new("--down") { Description = "Cluster: seconds that a killed silo stays down before it is started again." };

    private readonly Option<double> _freeze = new("--freeze") { Description = "Cluster: seconds that a silo hangs.", DefaultValueFactory = _ => 20 };

    private readonly Option<double> _steady = new("--steady")
    {
        Description = "Cluster: seconds of load before and after what is done to the silos.",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<double> _attempt = new("--attempt")
    {
        Description = "Cluster: seconds after which a caller gives up on a silo and asks another.",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<string> _storage = new("--storage")
    {
        Description = "Cluster: the silos' setting STORAGE; sqlite: one silo, without PostgreSQL.",
        DefaultValueFactory = _ => "postgres",
    };

    private readonly Option<int> _maxSessions = new("--max-sessions") { Description = "Cluster: the silos' setting MAX_SESSIONS." };

    private readonly Option<string> _logLevel = new("--log-level")
    {
        Description = "Cluster: the silos' setting LOG_LEVEL.",
        DefaultValueFactory = _ => "WARNING",
    };

    public IEnumerable<Option> All =>
        [_cluster, _scenario, _short, _silos, _every, _minutes, _down, _freeze, _steady, _attempt, _storage, _maxSessions, _logLevel];

    /// <summary>Whether the run is one over a cluster.</summary>
    public bool AreGiven(ParseResult given) => given.GetValue(_cluster);

    /// <summary>The run that is wanted.</summary>
    /// <param name="given">The command line.</param>
    /// <param name="library">The silo's program.</param>
    /// <param name="connections">The option of that name; null if it is not given.</param>
    /// <param name="sessions">The option of that name; null if it is not given.</param>
    /// <param name="seed">The option of that name.</param>
    /// <param name="keep">The option of that name.</param>
    /// <param name="rollBack">Whether the comparison is to be shown to fail.</param>
    public ClusterSettings Read(ParseResult given, string library, int? connections, int? sessions, int seed, bool keep, bool rollBack)
    {
        var isShort = given.GetValue(_short);
        var scenario = given.GetValue(_scenario);
        var storage = given.GetValue(_storage)!;
        return new ClusterSettings
        {
            Scenario = scenario,
            Silos = storage == "sqlite" ? 1 : given.GetValue(_silos),
            Library = library,
            Storage = storage,
            Connections = connections ?? (scenario == Scenario.Load ? 64 : isShort ? 16 : 32),
            Sessions = sessions ?? (scenario == Scenario.Load ? 256 : isShort ? 48 : 96),
            Seed = seed,
            Every = TimeSpan.FromSeconds(given.GetValue(_every)),
            Duration = isShort ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(given.GetValue(_minutes)),
            Steady = TimeSpan.FromSeconds(isShort ? 3 : given.GetValue(_steady)),
            Down = TimeSpan.FromSeconds(given.GetValue(_down)),
            Freeze = TimeSpan.FromSeconds(isShort ? 8 : given.GetValue(_freeze)),
            AttemptPatience = TimeSpan.FromSeconds(given.GetValue(_attempt)),
            MaxSessions = given.GetValue(_maxSessions),
            LogLevel = given.GetValue(_logLevel)!,
            AwaitMaintenance = !isShort && scenario != Scenario.Load,
            Keep = keep,
            RollBack = rollBack,
        };
    }
}
