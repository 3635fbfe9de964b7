using Granary.Hosting.Settings;
using Granary.Orleans.Providers;
using Granary.Silo.Providers;

namespace Granary.Silo.Settings;

/// <summary>Reads where membership, memory and reminders are kept, and what of that goes together.</summary>
internal sealed class BackendSettings(SettingReader read, IReadOnlyList<IClusterProvider> providers)
{
    public Backend Clustering()
    {
        var name = Choice(ClusterSettings.Clustering, ClusterSettings.Localhost);
        var connection = read.Text(ClusterSettings.ClusteringConnection);
        if (name != ClusterSettings.Localhost)
        {
            return Provided(ClusterSettings.Clustering, name, ClusterSettings.ClusteringConnection, connection);
        }

        return connection.Length == 0
            ? new Backend(name, "", null)
            : throw new SettingException(
                "CLUSTERING_CONNECTION is set, but CLUSTERING is localhost, which has none: set CLUSTERING to the technology of the connection "
                + $"({string.Join(", ", ClusterProviders.Names)}), or leave CLUSTERING_CONNECTION out.");
    }

    public Backend Storage(Backend clustering)
    {
        var name = Choice(ClusterSettings.Storage, ClusterSettings.Sqlite, ClusterSettings.Postgres);
        if (name == ClusterSettings.Sqlite)
        {
            if (clustering.Name != ClusterSettings.Localhost)
            {
                throw new SettingException(
                    $"STORAGE is sqlite, which one silo alone can use, but CLUSTERING is {clustering.Name}: set STORAGE to postgres, adonet, redis or cosmos, "
                    + "or leave CLUSTERING out.");
            }

            return read.Text(ClusterSettings.StorageConnection).Length == 0
                ? new Backend(name, "", null)
                : throw new SettingException("STORAGE_CONNECTION is set, but STORAGE is sqlite, whose folder is DATA_DIR: set STORAGE to the technology of the connection, or leave STORAGE_CONNECTION out.");
        }

        var connection = Connection(ClusterSettings.StorageConnection, name, clustering);
        return name == ClusterSettings.Postgres
            ? new Backend(name, Required(ClusterSettings.Storage, name, ClusterSettings.StorageConnection, connection), null)
            : Provided(ClusterSettings.Storage, name, ClusterSettings.StorageConnection, connection);
    }

    public Backend Reminders(Backend clustering)
    {
        var alone = clustering.Name == ClusterSettings.Localhost;
        var name = read.Text(ClusterSettings.Reminders).Length == 0
            ? alone ? ClusterSettings.Memory : clustering.Name
            : Choice(ClusterSettings.Reminders, ClusterSettings.Memory);
        if (name != ClusterSettings.Memory)
        {
            return Provided(ClusterSettings.Reminders, name, ClusterSettings.RemindersConnection, Connection(ClusterSettings.RemindersConnection, name, clustering));
        }

        return alone
            ? new Backend(name, "", null)
            : throw new SettingException(
                $"REMINDERS is memory, which other silos cannot see, but CLUSTERING is {clustering.Name}: set REMINDERS to {string.Join(", ", ClusterProviders.Names)}, "
                + "or leave it out to use what CLUSTERING uses.");
    }

    /// <summary>adonet is PostgreSQL here, so that one connection string serves both names.</summary>
    private static bool SameTechnology(string one, string other) => Technology(one) == Technology(other);

    private static string Technology(string name) => name == ClusterSettings.Postgres ? "adonet" : name;

    private string Choice(FlatSetting setting, params string[] besides)
    {
        var name = read.Text(setting).ToLowerInvariant();
        string[] known = [.. besides, .. ClusterProviders.Names];
        return known.Contains(name) ? name : throw read.Wrong(setting, $"must be one of {string.Join(", ", known)}");
    }

    private string Connection(FlatSetting setting, string name, Backend clustering) =>
        read.Text(setting) is { Length: > 0 } own ? own : SameTechnology(name, clustering.Name) ? clustering.Connection : "";

    private Backend Provided(FlatSetting setting, string name, FlatSetting connectionSetting, string connection)
    {
        var provider = providers.FirstOrDefault(provider => provider.Name == name)
            ?? throw new SettingException(
                $"{setting.Name} is {name}, but this program was built without it: build it with -p:{ClusterProviders.PropertyOf(name)}=true, from a package "
                + $"source that has Microsoft.Orleans.*.{ClusterProviders.PackageOf(name)}, or set {setting.Name} to another.");
        Required(setting, name, connectionSetting, connection);
        return provider.Check(connection) is { } wrong
            ? throw new SettingException($"{connectionSetting.Name} ({connectionSetting.Path}), the connection of {setting.Name}={name}, is wrong: {wrong}")
            : new Backend(name, connection, provider);
    }

    private static string Required(FlatSetting setting, string name, FlatSetting connectionSetting, string connection) =>
        connection.Length > 0
            ? connection
            : throw new SettingException($"{setting.Name} is {name}, which needs a connection: set {connectionSetting.Name} to its connection string.");
}
