using Granary.Hosting.Settings;

namespace Granary.Silo.Settings;

/// <summary>The flat settings of a silo, beside those of every executable.</summary>
internal static class ClusterSettings
{
    public const string Localhost = "localhost";

    public const string Sqlite = "sqlite";

    public const string Postgres = "postgres";

    public const string Memory = "memory";

    /// <summary>The port between silos where a cluster is meant and none is set: Orleans' own.</summary>
    public const int UsualSiloPort = 11111;

    public static readonly FlatSetting Clustering = new("CLUSTERING", "Cluster:Clustering", Localhost, "Where the silos find each other: localhost (this silo alone), adonet (PostgreSQL), redis or cosmos.");
    public static readonly FlatSetting ClusteringConnection = new("CLUSTERING_CONNECTION", "Cluster:ClusteringConnection", "", "The connection string of CLUSTERING.");
    public static readonly FlatSetting Storage = new("STORAGE", "Cluster:Storage", Sqlite, "Where the memory is kept: sqlite (only with CLUSTERING=localhost), postgres, adonet, redis or cosmos.");
    public static readonly FlatSetting StorageConnection = new("STORAGE_CONNECTION", "Cluster:StorageConnection", "", "The connection string of STORAGE. Where both use the same technology: CLUSTERING_CONNECTION, unless set.");
    public static readonly FlatSetting Reminders = new("REMINDERS", "Cluster:Reminders", "", "Where the wake-ups of the maintenance are kept: memory (only with CLUSTERING=localhost), adonet, redis or cosmos. As CLUSTERING, unless set.");
    public static readonly FlatSetting RemindersConnection = new("REMINDERS_CONNECTION", "Cluster:RemindersConnection", "", "The connection string of REMINDERS. Where both use the same technology: CLUSTERING_CONNECTION, unless set.");
    public static readonly FlatSetting SiloPort = new("SILO_PORT", "Cluster:SiloPort", "", "The port between silos; 0 takes any that is free. 0 with CLUSTERING=localhost, else 11111, unless set.");
    public static readonly FlatSetting GatewayPort = new("GATEWAY_PORT", "Cluster:GatewayPort", "0", "The port for Orleans clients; 0 opens none.");
    public static readonly FlatSetting AdvertisedAddress = new("ADVERTISED_ADDRESS", "Cluster:AdvertisedAddress", "", "The IP address of this machine that other silos use. 127.0.0.1 with CLUSTERING=localhost, else the first that is not loopback, unless set.");
    public static readonly FlatSetting ClusterId = new("CLUSTER_ID", "Cluster:ClusterId", "granary", "Silos of one cluster have one id.");
    public static readonly FlatSetting ServiceId = new("SERVICE_ID", "Cluster:ServiceId", "granary", "Clusters that work on the same data, one after the other, have one id.");
    public static readonly FlatSetting TlsCertificate = new("SILO_TLS_CERTIFICATE", "Cluster:SiloTlsCertificate", "", "A PFX file with certificate and key: silos then speak TLS with each other, and each must show a certificate.");
    public static readonly FlatSetting TlsPassword = new("SILO_TLS_PASSWORD", "Cluster:SiloTlsPassword", "", "The password of that file.");
    public static readonly FlatSetting TlsHost = new("SILO_TLS_HOST", "Cluster:SiloTlsHost", "", "The name that the certificates of all silos carry; the first of this silo's, unless set.");
    public static readonly FlatSetting TlsCa = new("SILO_TLS_CA", "Cluster:SiloTlsCa", "", "A file with the authorities (PEM, or one as DER) that the certificates come from. The machine's, unless set.");
    public static readonly FlatSetting Dashboard = new("DASHBOARD", "Cluster:Dashboard", "false", "true: the Orleans dashboard at /dashboard. Beyond loopback it needs a service key.");
    public static readonly FlatSetting DrainSeconds = new("DRAIN_SECONDS", "Cluster:DrainSeconds", "30", "Seconds that a stop may take.");

    public static readonly IReadOnlyList<FlatSetting> All =
    [
        Clustering, ClusteringConnection, Storage, StorageConnection, Reminders, RemindersConnection, SiloPort, GatewayPort, AdvertisedAddress,
        ClusterId, ServiceId, TlsCertificate, TlsPassword, TlsHost, TlsCa, Dashboard, DrainSeconds,
    ];

    /// <summary>Parts of the section <c>Granary</c> that have no flat name.</summary>
    public static readonly IReadOnlyList<string> Sections = ["Postgres", "Paged"];
}
