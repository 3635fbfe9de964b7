using Granary.Core.Storage.Paged;
using Granary.Hosting.Settings;

namespace Granary.Silo.Settings;

/// <summary>Reads the settings of the store over grain storage (<c>Granary:Paged</c>).</summary>
internal static class PagedSettings
{
    /// <summary>Newest messages in a head where a write's price grows with its bytes.</summary>
    private const int ShortLogRun = 8;

    /// <summary>Sets what was set.</summary>
    /// <exception cref="SettingException">One is not known, or out of its range.</exception>
    public static void Fill(PagedStoreOptions options, IConfiguration configuration, Backend storage)
    {
        if (storage.Name == "cosmos")
        {
            options.LogRun = ShortLogRun;
        }

        configuration.GetSection("Granary:Paged").BindStrictly(options);
        if (options.Problem() is { } problem)
        {
            throw new SettingException(problem);
        }
    }
}
