using Granary.Http;

namespace Granary.Hosting.Settings;

/// <summary>Reads the settings of the API.</summary>
internal static class HttpSettings
{
    /// <summary>Fills the options; their validator looks at the values.</summary>
    /// <exception cref="SettingException">A value is of the wrong type, or a name is not known.</exception>
    public static void Fill(GranaryHttpOptions options, IConfiguration configuration, ServerSettings settings)
    {
        configuration.GetSection("Granary:Keys").BindStrictly(options.Keys);
        configuration.GetSection("Granary:RateLimits").BindStrictly(options.RateLimits);
        configuration.GetSection("Granary:Proxy").BindStrictly(options.Proxy);
        configuration.GetSection("Granary:Retrieval").BindStrictly(options.Retrieval);
        configuration.GetSection("Granary:Enrichment").BindStrictly(options.Enrichment);
        var section = configuration.GetSection("Granary");
        options.MaxConcurrentRequests = Get(section, nameof(options.MaxConcurrentRequests), options.MaxConcurrentRequests);
        options.MaxEventStreams = Get(section, nameof(options.MaxEventStreams), options.MaxEventStreams);
        options.EventHeartbeatSeconds = Get(section, nameof(options.EventHeartbeatSeconds), options.EventHeartbeatSeconds);
        options.MaxImportBytes = Get(section, nameof(options.MaxImportBytes), options.MaxImportBytes);
        options.LongTermTimeoutSeconds = Get(section, nameof(options.LongTermTimeoutSeconds), options.LongTermTimeoutSeconds);
        options.AllowedHosts = [.. settings.AllowedHosts];
        options.BeyondLoopback = !settings.IsLoopback;
        options.DefaultSummaries = settings.SessionsRecent;
    }

    private static T Get<T>(IConfiguration section, string name, T fallback)
    {
        try
        {
            return section.GetValue(name, fallback)!;
        }
        catch (InvalidOperationException)
        {
            throw new SettingException($"Granary:{name} must be a {(typeof(T) == typeof(double) ? "number" : "whole number")}, not '{section[name]}'.");
        }
    }
}
