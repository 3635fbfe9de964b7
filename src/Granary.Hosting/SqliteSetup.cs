using Granary.Hosting.Settings;
using Granary.Storage.Sqlite;

namespace Granary.Hosting;

/// <summary>The store in the data folder.</summary>
internal static class SqliteSetup
{
    /// <summary>Adds the store, with its settings (<c>Granary:Sqlite</c>).</summary>
    public static void AddSqlite(this IServiceCollection services, HostSettings settings) => services.AddGranarySqlite(store =>
    {
        settings.Configuration.GetSection("Granary:Sqlite").BindStrictly(store);
        store.Folder = settings.Server.DataFolder;
    });
}
