using Granary.Providers;

namespace Granary.Hosting.Settings;

/// <summary>Reads <c>Granary:Memory</c>, with its flat names.</summary>
internal static class MemorySettings
{
    private const string Path = "Granary:Memory";

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
        options.Mem0.BaseUrl = read.Text(FlatSettings.Mem0BaseUrl);
        options.Mem0.ApiKey = OrNull(read.Text(FlatSettings.Mem0ApiKey));
        options.Mem0.HmacSecret = OrNull(read.Text(FlatSettings.Mem0HmacSecret));
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
