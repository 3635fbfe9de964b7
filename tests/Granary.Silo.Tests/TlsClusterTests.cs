using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Granary.Silo.Lifetime;
using Granary.Silo.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Runtime;

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
    [InlineData("no TLS")]
    [InlineData("no certificate")]
    [InlineData("other name")]
    [InlineData("other authority")]
    public async Task Who_shows_no_certificate_of_the_cluster_is_not_heard(string kind)
    {
        var silo = await StartAsync(Identity(), null);
        using var connection = new TcpClient();
        await connection.ConnectAsync(Endpoint(silo));
        using var patience = new CancellationTokenSource(SiloProcess.Patience);

        var refusal = await Record.ExceptionAsync(async () =>
        {
            await using var stream = await SpeakAsync(connection.GetStream(), kind, patience.Token);

            // The end of the stream: the silo has hung up.
            (await stream.ReadAsync(new byte[16], patience.Token)).ShouldBe(0);
        });

        (refusal is null or IOException or AuthenticationException).ShouldBeTrue(refusal?.ToString());
    }

    private async Task<Stream> SpeakAsync(NetworkStream network, string kind, CancellationToken cancellationToken)
    {
        if (kind == "no TLS")
        {
            await network.WriteAsync(new byte[1024], cancellationToken);
            return network;
        }

        // Whoever wants to come in would trust anybody.
        var secure = new SslStream(network, leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await secure.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "granary.internal", ClientCertificates = Shown(kind) }, cancellationToken);
        return secure;
    }

    private X509CertificateCollection Shown(string kind)
    {
        if (kind == "no certificate")
        {
            return [];
        }

        using var others = new Certificates(Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName, "Other authority");
        var file = kind == "other name" ? _certificates.Make("elsewhere.internal") : others.Make();
        return [X509CertificateLoader.LoadPkcs12FromFile(file, Certificates.Password)];
    }

    private SiloIdentity Identity() => SettingsFixture.Read(
        ("SILO_TLS_CERTIFICATE", _certificates.Make()), ("SILO_TLS_PASSWORD", Certificates.Password), ("SILO_TLS_CA", _certificates.AuthorityFile)).Tls!;

    private static IPEndPoint Endpoint(IHost host) => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint;

    private static int Active(IHost host) =>
        host.Services.GetRequiredService<ISiloStatusOracle>().GetApproximateSiloStatuses(onlyActive: true).Count;

    private async Task<IHost> StartAsync(SiloIdentity identity, IPEndPoint? primary)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort.Find(IPAddress.Loopback), gatewayPort: 0, primary);
            identity.Use(silo);
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
