using Granary.Orleans.Providers;

namespace Granary.Silo.Settings;

/// <summary>Where something of the cluster is kept.</summary>
/// <param name="Name">Its name in the settings.</param>
/// <param name="Connection">Its connection string; empty where it needs none.</param>
/// <param name="Provider">What wires it to Orleans; null for what is no technology of Orleans.</param>
internal sealed record Backend(string Name, string Connection, IClusterProvider? Provider)
{
    /// <summary>Without the connection string, which may hold a password.</summary>
    public override string ToString() => Name;
}
