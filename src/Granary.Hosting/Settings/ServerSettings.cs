using System.Net;

namespace Granary.Hosting.Settings;

/// <summary>The settings of the server itself, checked.</summary>
internal sealed class ServerSettings
{
    private ServerSettings(IConfiguration configuration)
    {
        var read = new SettingReader(configuration);
        Address = ParseAddress(read.Text(FlatSettings.Host));
        Port = read.Whole(FlatSettings.Port, 0, IPEndPoint.MaxPort);
        DataFolder = Path.GetFullPath(read.Text(FlatSettings.DataDir));
        AllowAnonymous = read.Switch(FlatSettings.AllowAnonymous);
        AllowedHosts = read.Text(FlatSettings.AllowedHosts)
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        MaxSessions = read.Whole(FlatSettings.MaxSessions, 1, 10_000_000);
        IdleTime = TimeSpan.FromMinutes(read.Number(FlatSettings.SessionTtlMinutes, 0.01, 525_600));
        EvictionInterval = TimeSpan.FromSeconds(read.Number(FlatSettings.EvictionIntervalSeconds, 0.1, 86_400));
        TurnBuffer = read.Whole(FlatSettings.TurnBuffer, 1, 100_000);
        TurnChunks = read.Whole(FlatSettings.TurnChunks, 1, 10_000);
        ReflectionThreshold = read.Whole(FlatSettings.ReflectionThreshold, 1, 10_000);
        SessionsRecent = read.Whole(FlatSettings.SessionsRecent, 1, 100);
        LogLevel = ParseLogLevel(read.Text(FlatSettings.LogLevel));
        WithoutEffect = [.. FlatSettings.WithoutEffect.Where(name => !string.IsNullOrEmpty(configuration[name]))];
    }

    public IPAddress Address { get; }

    public int Port { get; }

    /// <summary>The full path of the data folder.</summary>
    public string DataFolder { get; }

    public bool AllowAnonymous { get; }

    public IReadOnlyList<string> AllowedHosts { get; }

    public int MaxSessions { get; }

    public TimeSpan IdleTime { get; }

    public TimeSpan EvictionInterval { get; }

    public int TurnBuffer { get; }

    public int TurnChunks { get; }

    public int ReflectionThreshold { get; }

    public int SessionsRecent { get; }

    public LogLevel LogLevel { get; }

    /// <summary>Names that are set but have no effect yet.</summary>
    public IReadOnlyList<string> WithoutEffect { get; }

    /// <summary>Whether only this machine can reach the server.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="SettingException">One is wrong.</exception>
    public static ServerSettings Read(IConfiguration configuration) => new(configuration);

    /// <summary>Refuses to let others in without keys by accident.</summary>
    /// <param name="hasKeys">Whether there are keys.</param>
    /// <exception cref="SettingException">The address can be reached from elsewhere, there are no keys, and nobody said that this is meant.</exception>
    public void RequireProtection(bool hasKeys)
    {
        if (!IsLoopback && !hasKeys && !AllowAnonymous)
        {
            throw new SettingException(
                $"HOST is {Address}, which others can reach, and there are no keys: make one with 'key new --tenant NAME' and put it into "
                + "Granary:Keys, or set HOST=127.0.0.1, or set ALLOW_ANONYMOUS=true to let everyone read and write everything.");
        }
    }

    private static IPAddress ParseAddress(string host) => host.ToLowerInvariant() switch
    {
        "localhost" => IPAddress.Loopback,
        "*" or "+" => IPAddress.Any,
        _ => IPAddress.TryParse(host, out var address)
            ? address
            : throw new SettingException($"HOST (Granary:Host) must be an IP address or localhost, not '{host}'; 0.0.0.0 listens on all addresses."),
    };

    private static LogLevel ParseLogLevel(string text) => text.ToUpperInvariant() switch
    {
        "TRACE" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "INFO" or "INFORMATION" => LogLevel.Information,
        "WARN" or "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "CRITICAL" or "FATAL" => LogLevel.Critical,
        "NONE" or "OFF" => LogLevel.None,
        _ => throw new SettingException($"LOG_LEVEL (Granary:LogLevel) must be TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL or NONE, not '{text}'."),
    };
}
