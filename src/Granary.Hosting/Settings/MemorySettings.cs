using Granary.Providers;

namespace Granary.Hosting.Settings;

/// <summary>Reads <c>Granary:Memory</c>, with its flat names.</summary>
internal static class MemorySettings
{
    /// <summary>Fills the options; who takes them looks at the values.</summary>
    /// <exception cref="SettingException">A value is of the wrong type, or a name is not known.</exception>
    public static void Fill(MemoryProvidersOptions options, IConfiguration configuration)
    {
        var read = new SettingReader(configuration);
        var limit = read.Whole(FlatSettings.MemoryRecallLimit, 1, MemoryLimits.MaxRecall);
        configuration.GetSection(Path).BindStrictly(options);

        // An empty variable is no value.
        options.Provider = read.Text(FlatSettings.MemoryProvider);
        options.RecallLimit = limit;
        options.Postgres.ConnectionString = read.Text(FlatSettings.DatabaseUrl);
    }

    private const string Path = "Granary:Memory";
}
