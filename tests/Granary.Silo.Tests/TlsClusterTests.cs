using System.Net;
using Granary.Silo.Lifetime;
using Granary.Silo.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService;

namespace Granary.Silo.Tests;

/// <summary>Silos that know each other by certificates.</summary>
public sealed class TlsClusterTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-tls-cluster-").FullName;
    private readonly List<IHost> _hosts = [];
    private Certificates _certificates = null!;

    public Task InitializeAsync()
    {
        _certificates = new Certificates(_folder);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            await host.StopAsync();
            host.Dispose();
        }

        _certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Two_silos_with_certificates_of_their_own_form_a_cluster()
    {
        var first = await StartAsync(Identity(), null);
        var second = await StartAsync(Identity(), Endpoint(first));

        Active(first).ShouldBe(2);
        Active(second).ShouldBe(2);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("other name")]
    [InlineData("other authority")]
    public async Task Who_has_no_certificate_of_the_cluster_cannot_join(string kind)
    {
        var first = await StartAsync(Identity(), null);

        await Should.ThrowAsync<Exception>(() => StartAsync(Stranger(kind), Endpoint(first)));

        Active(first).ShouldBe(1);
    }

    private SiloIdentity? Stranger(string kind)
    {
        if (kind == "none")
        {
            return null;
        }

        if (kind == "other name")
        {
            return Identity(_certificates, "elsewhere.internal");
        }

        using var others = new Certificates(Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName, "Other authority");
        return Identity(others, "granary.internal");
    }

    private SiloIdentity Identity() => Identity(_certificates, "granary.internal");

    private static SiloIdentity Identity(Certificates certificates, string name) => SettingsFixture.Read(
        ("SILO_TLS_CERTIFICATE", certificates.Make(name)), ("SILO_TLS_PASSWORD", Certificates.Password), ("SILO_TLS_CA", certificates.AuthorityFile)).Tls!;

    private static IPEndPoint Endpoint(IHost host) => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint;

    private static int Active(IHost host) =>
        host.Services.GetRequiredService<ISiloStatusOracle>().GetApproximateSiloStatuses(onlyActive: true).Count;

    private async Task<IHost> StartAsync(SiloIdentity? identity, IPEndPoint? primary)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort.Find(IPAddress.Loopback), gatewayPort: 0, primary);
            silo.Configure<ClusterMembershipOptions>(membership => membership.MaxJoinAttemptTime = TimeSpan.FromSeconds(2));
            silo.Configure<SiloMessagingOptions>(messaging => messaging.SystemResponseTimeout = TimeSpan.FromSeconds(2));
            identity?.Use(silo);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync();
            _hosts.Add(host);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}
