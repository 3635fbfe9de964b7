using System.Collections;
using Granary.Hosting;
using Granary.Hosting.Settings;
using Granary.Http;
using Granary.Orleans.Providers;
using Granary.Silo.Providers;
using Granary.Silo.Settings;

namespace Granary.Silo.Tests;

/// <summary>Reads settings as the program does.</summary>
internal static class SettingsFixture
{
    public const string Postgres = "Host=127.0.0.1;Database=granary;Username=granary";

    public static SiloSettings Read(params (string Name, string Value)[] environment) => Read(ClusterProviders.BuiltIn, environment);

    public static SiloSettings Read(IReadOnlyList<IClusterProvider> providers, params (string Name, string Value)[] environment) =>
        SiloSettings.Read(Host(environment), providers);

    public static HostSettings Host(params (string Name, string Value)[] environment)
    {
        var configuration = ServerConfiguration.Read(
            [], Path.GetTempPath(), new Hashtable(environment.GroupBy(entry => entry.Name).ToDictionary(same => same.Key, same => same.Last().Value)), ClusterSettings.All, ClusterSettings.Sections);
        var server = ServerSettings.Read(configuration);
        var http = new GranaryHttpOptions();
        HttpSettings.Fill(http, configuration, server);
        return new HostSettings(configuration, server, http);
    }

    public static string WhyNot(params (string Name, string Value)[] environment) => Should.Throw<SettingException>(() => Read(environment)).Message;
}
