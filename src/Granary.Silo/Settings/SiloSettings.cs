using System.Net;
using System.Text.RegularExpressions;
using Granary.Core.Storage.Paged;
using Granary.Hosting;
using Granary.Hosting.Settings;
using Granary.Http.Identity;
using Granary.Orleans.Providers;
using Granary.Silo.Security;

namespace Granary.Silo.Settings;

/// <summary>The settings of the silo, checked each and together.</summary>
internal sealed partial class SiloSettings
{
    private SiloSettings(HostSettings host, IReadOnlyList<IClusterProvider> providers)
    {
        var read = new SettingReader(host.Configuration);
        var backends = new BackendSettings(read, providers);
        Clustering = backends.Clustering();
        Storage = backends.Storage(Clustering);
        Reminders = backends.Reminders(Clustering);

        // What is wrong there should stop the start also where the store is another one today.
        PagedSettings.Fill(new PagedStoreOptions(), host.Configuration, Storage);
        (Address, SiloPort, GatewayPort) = EndpointSettings.Read(read, host.Server, IsAlone);
        ClusterId = Name(read, ClusterSettings.ClusterId);
        ServiceId = Name(read, ClusterSettings.ServiceId);
        Tls = TlsSettings.Read(read, TimeProvider.System);
        DrainTime = TimeSpan.FromSeconds(read.Whole(ClusterSettings.DrainSeconds, 1, 3_600));
        Dashboard = read.Switch(ClusterSettings.Dashboard);
        CheckDashboard(host);
    }

    /// <summary>Where the silos find each other.</summary>
    public Backend Clustering { get; }

    /// <summary>Where the memory is kept.</summary>
    public Backend Storage { get; }

    /// <summary>Where reminders are kept.</summary>
    public Backend Reminders { get; }

    /// <summary>Whether no other silo can join.</summary>
    public bool IsAlone => Clustering.Name == ClusterSettings.Localhost;

    /// <summary>The address of this machine that other silos use.</summary>
    public IPAddress Address { get; }

    /// <summary>The port between silos, 0 for any that is free.</summary>
    public int SiloPort { get; }

    /// <summary>The port for Orleans clients, 0 for none.</summary>
    public int GatewayPort { get; }

    public string ClusterId { get; }

    public string ServiceId { get; }

    /// <summary>How silos prove to each other who they are; null: not at all.</summary>
    public SiloIdentity? Tls { get; }

    public bool Dashboard { get; }

    /// <summary>How long a stop may take in all.</summary>
    public TimeSpan DrainTime { get; }

    /// <summary>Reads and checks the settings.</summary>
    /// <param name="host">All that was set.</param>
    /// <param name="providers">The technologies that this build has.</param>
    /// <exception cref="SettingException">One is wrong, or two do not go together.</exception>
    public static SiloSettings Read(HostSettings host, IReadOnlyList<IClusterProvider> providers) => new(host, providers);

    private static string Name(SettingReader read, FlatSetting setting) =>
        NamePattern().IsMatch(read.Text(setting))
            ? read.Text(setting)
            : throw read.Wrong(setting, "must be 1 to 64 letters, digits, '-', '_' or '.', the first a letter or digit");

    private void CheckDashboard(HostSettings host)
    {
        if (!Dashboard)
        {
            return;
        }

#if !WITH_DASHBOARD
        throw new SettingException("DASHBOARD is true, but this program was built without the dashboard: build it with -p:WithDashboard=true, or leave DASHBOARD out.");
#else
        // Also with ALLOW_ANONYMOUS: that is about the memory of one's users, this about the workings of the cluster.
        if (!host.Server.IsLoopback && !host.Http.Keys.Any(key => key.Granted().Contains(GranaryScope.Service)))
        {
            throw new SettingException(
                $"DASHBOARD is true and HOST is {host.Server.Address}, which others can reach, but there is no service key to open it with: make one "
                + "with 'key new --tenant NAME' and put it into Granary:Keys, or set HOST=127.0.0.1, or leave DASHBOARD out.");
        }
#endif
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\z")]
    private static partial Regex NamePattern();
}
