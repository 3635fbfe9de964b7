using Granary.Http;

namespace Granary.Hosting.Settings;

/// <summary>A setting with a flat name, as environment variables have them, besides its name in the section <c>Granary</c>.</summary>
/// <param name="Name">The flat name.</param>
/// <param name="Key">Its name in the section.</param>
/// <param name="Default">What holds where it is not set.</param>
/// <param name="Description">What it does.</param>
internal sealed record FlatSetting(string Name, string Key, string Default, string Description)
{
    public string Path => $"Granary:{Key}";
}

/// <summary>The flat settings.</summary>
internal static class FlatSettings
{
    public static readonly FlatSetting Host = new("HOST", "Host", "127.0.0.1", "The address to listen on: an IP address or localhost. Another than loopback needs keys or ALLOW_ANONYMOUS=true.");
    public static readonly FlatSetting Port = new("PORT", "Port", "8000", "The port to listen on; 0 takes any that is free.");
    public static readonly FlatSetting DataDir = new("DATA_DIR", "Sqlite:Folder", "./data", "The folder of the data, relative to the working folder. One server at a time.");
    public static readonly FlatSetting AllowAnonymous = new("ALLOW_ANONYMOUS", "AllowAnonymous", "false", "true: without keys, listen on other addresses than loopback. Whoever reaches them can read and write everything.");
    public static readonly FlatSetting AllowedHosts = new("ALLOWED_HOSTS", "AllowedHosts", "", "Without keys: names under which the server may be called besides localhost, separated by commas; * for any.");
    public static readonly FlatSetting MaxSessions = new("MAX_SESSIONS", "MaxSessions", "1000", "Sessions kept in memory. More are loaded when they are needed.");
    public static readonly FlatSetting SessionTtlMinutes = new("SESSION_TTL_MINUTES", "SessionTtlMinutes", "30", "Minutes without a call after which a session leaves memory. Nothing is lost by it.");
    public static readonly FlatSetting EvictionIntervalSeconds = new("EVICTION_INTERVAL_SECONDS", "EvictionIntervalSeconds", "60", "How often idle sessions are looked for.");
    public static readonly FlatSetting TurnBuffer = new("K_TURN_BUFFER", "TurnBuffer", "5", "Turns that a session keeps word for word, beyond the last 4, before the oldest are folded into a summary.");
    public static readonly FlatSetting TurnChunks = new("L_TURN_CHUNKS", "Reflection:ChunkTurns", "10", "Turns of a session that become one interaction record.");
    public static readonly FlatSetting ReflectionThreshold = new("REFLECTION_THRESHOLD_TURNS", "Reflection:ThresholdTurns", "15", "Turns of a session after which it is reflected on; what is less at its end is read without a model.");
    public static readonly FlatSetting SessionsRecent = new("M_SESSIONS_RECENT", "SessionsRecent", "5", "Summaries of sessions in an answer of POST /summaries and in a context, where the request does not say.");
    public static readonly FlatSetting MemoryProvider = new("MEMORY_PROVIDER", "Memory:Provider", "native", "Who keeps what is remembered: native (this service), postgres, http (mem0), mock (this process's memory) or chain (several).");
    public static readonly FlatSetting MemoryRecallLimit = new("MEMORY_RECALL_LIMIT", "Memory:RecallLimit", "10", "Memories that a recall answers where the request does not say.");
    public static readonly FlatSetting DatabaseUrl = new("DATABASE_URL", "Memory:Postgres:ConnectionString", "", "The database of MEMORY_PROVIDER=postgres, and of a chain: postgres://user:password@host:port/database, or an Npgsql connection string.");
    public static readonly FlatSetting Mem0BaseUrl = new("MEM0_BASE_URL", "Memory:Mem0:BaseUrl", "http://localhost:8001", "The service of MEMORY_PROVIDER=http, and of a chain where one of the next two is set.");
    public static readonly FlatSetting Mem0ApiKey = new("MEM0_API_KEY", "Memory:Mem0:ApiKey", "", "Its key.");
    public static readonly FlatSetting Mem0HmacSecret = new("MEM0_HMAC_SECRET", "Memory:Mem0:HmacSecret", "", "A secret shared with it, by which calls are signed.");
    public static readonly FlatSetting EmbeddingModel = new("EMBEDDING_MODEL", "Models:Embedder", "", "The model that makes vectors; its provider needs a key (OPENAI_API_KEY, say). Without one, recall goes by words.");
    public static readonly FlatSetting LogLevel = new("LOG_LEVEL", "LogLevel", "INFO", "TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL or NONE.");

    /// <summary>All that have an effect.</summary>
    public static readonly IReadOnlyList<FlatSetting> All =
    [
        Host, Port, DataDir, AllowAnonymous, AllowedHosts, MaxSessions, SessionTtlMinutes, EvictionIntervalSeconds, TurnBuffer, TurnChunks, ReflectionThreshold,
        SessionsRecent, MemoryProvider, MemoryRecallLimit, DatabaseUrl, Mem0BaseUrl, Mem0ApiKey, Mem0HmacSecret,
        EmbeddingModel, LogLevel,
    ];

    /// <summary>Names that belong to parts of the service that are not there yet. They are told, not silently accepted.</summary>
    public static readonly IReadOnlyList<string> WithoutEffect = ["RELOAD"];

    /// <summary>Parts of the section <c>Granary</c> that have no flat name.</summary>
    public static readonly IReadOnlyList<string> Sections =
    [
        "Keys", "RateLimits", "Resources", "Sqlite", "MaxConcurrentRequests", "MaxEventStreams", "EventHeartbeatSeconds", "MaxImportBytes",
        nameof(GranaryHttpOptions.LongTermTimeoutSeconds),
        "Providers", "Models", "Functions", "Assembly", "Proxy", "Retrieval", "Enrichment", "Audit", "Batches", "Reflection", LifecycleSettings.Name,
        "Vectors", "Memory",
    ];
}
