using System.Net;
using System.Net.Sockets;
using Granary.Silo.Lifetime;
using Granary.Testing.Postgres;
using Npgsql;

namespace Granary.Silo.Tests;

/// <summary>Several silos as processes over one PostgreSQL.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private const int SigKill = 9;
    private const int SigStop = 19;
    private const int SigContinue = 18;
    private const int Active = 3;
    private const int Dead = 6;

    private readonly string _folder = Directory.CreateTempSubdirectory("granary-cluster-").FullName;
    private readonly List<SiloProcess> _silos = [];
    private PostgresServer? _server;
    private string _database = "";

    public async Task InitializeAsync()
    {
        if (PostgresServer.IsAvailable)
        {
            _server = await PostgresServer.StartAsync();
            _database = await _server.CreateDatabaseAsync();
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [PostgresFact]
    public async Task Three_silos_are_one_memory_and_one_may_leave()
    {
        var first = await ListenAsync();
        var others = await Task.WhenAll(ListenAsync(), ListenAsync());
        await UntilAsync(Active, 3);

        (await first.StoreAsync("s", "through the first")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await others[0].ContextAsync("s")).ShouldContain("through the first");
        (await others[1].StoreAsync("s", "through the third")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await others[0].ContextAsync("s")).ShouldContain("through the third");

        (await _silos[0].StopAsync()).ShouldBe(0, _silos[0].Said);

        await UntilAsync(Active, 2);
        foreach (var other in others)
        {
            (await other.ContextAsync("s")).ShouldContain("through the first");
            (await other.ReadyAsync()).ShouldBe((HttpStatusCode.OK, "ready"));
        }
    }

    [PostgresFact]
    public async Task The_memory_may_be_kept_as_grain_storage()
    {
        var first = await ListenAsync(("STORAGE", "adonet"));
        var second = await ListenAsync(("STORAGE", "adonet"));
        await UntilAsync(Active, 2);

        (await first.StoreAsync("s", "kept in pages")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await second.ContextAsync("s")).ShouldContain("kept in pages");

        (await _silos[0].StopAsync()).ShouldBe(0, _silos[0].Said);
        (await _silos[1].StopAsync()).ShouldBe(0, _silos[1].Said);
        var third = await ListenAsync(("STORAGE", "adonet"));
        (await third.ContextAsync("s")).ShouldContain("kept in pages");
    }

    [PostgresFact]
    public async Task A_gateway_opens_where_it_is_set()
    {
        var port = FreePort.Find(IPAddress.Loopback);
        await ListenAsync(("GATEWAY_PORT", $"{port}"));

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);

        client.Connected.ShouldBeTrue();
        (await _silos[0].StopAsync()).ShouldBe(0, _silos[0].Said);
        _silos[0].Output.ShouldContain(line => line.EndsWith($"gateway on 127.0.0.1:{port}"));
    }

    [PostgresFact]
    public async Task A_silo_that_the_others_have_declared_dead_ends_by_itself()
    {
        var first = await ListenAsync();
        await ListenAsync();
        await UntilAsync(Active, 2);

        // It sleeps, as in a long pause of its machine, and wakes when the others have given it up.
        _silos[1].Signal(SigStop);
        await UntilAsync(Dead, 1);
        _silos[1].Signal(SigContinue);

        (await _silos[1].ExitAsync()).ShouldBe(4, _silos[1].Said);
        _silos[1].Errors.ShouldContain(line => line.StartsWith("granary: the silo cannot go on and ends: "));
        (await first.ReadyAsync()).ShouldBe((HttpStatusCode.OK, "ready"));
    }

    [PostgresFact]
    public async Task A_silo_without_a_certificate_cannot_join_those_that_have_one()
    {
        using var certificates = new Certificates(_folder);
        var first = await ListenAsync(Tls(certificates));
        var second = await ListenAsync(Tls(certificates));
        await UntilAsync(Active, 2);
        (await first.StoreAsync("s", "in confidence")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await second.ContextAsync("s")).ShouldContain("in confidence");

        var stranger = Start();
        using var patience = new CancellationTokenSource(SiloProcess.Patience);
        while (!stranger.Output.Any(line => line.Contains("Failed to get ping responses")))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), patience.Token);
        }

        stranger.Output.ShouldNotContain(line => line.StartsWith("Granary listens on"));
        (await CountAsync(Active)).ShouldBe(2);
        stranger.Signal(SigKill);
    }

    private static (string, string)[] Tls(Certificates certificates) =>
        [("SILO_TLS_CERTIFICATE", certificates.Make()), ("SILO_TLS_PASSWORD", Certificates.Password), ("SILO_TLS_CA", certificates.AuthorityFile)];

    private SiloProcess Start(params (string Name, string Value)[] settings)
    {
        var silo = SiloProcess.Start(
            _folder,
            [
                ("CLUSTERING", "adonet"), ("CLUSTERING_CONNECTION", _database), ("STORAGE", "postgres"), ("ADVERTISED_ADDRESS", "127.0.0.1"), ("SILO_PORT", "0"),
                .. settings,
            ]);
        lock (_silos)
        {
            _silos.Add(silo);
        }

        return silo;
    }

    private Task<HttpClient> ListenAsync(params (string Name, string Value)[] settings) => Start(settings).ListeningAsync();

    private async Task UntilAsync(int status, int count)
    {
        using var patience = new CancellationTokenSource(SiloProcess.Patience);
        while (await CountAsync(status) != count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), patience.Token);
        }
    }

    private async Task<long> CountAsync(int status)
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM granary_silo WHERE status = {status}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
