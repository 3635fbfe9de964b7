using System.Net;
using System.Net.Sockets;

namespace Granary.Silo.Tests;

/// <summary>One silo as its operator meets it.</summary>
public sealed class SiloProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-silo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Without_settings_one_silo_serves_and_keeps_turns_over_a_restart()
    {
        var (first, client) = await SiloProcess.ListenAsync(_folder);
        await using (first)
        {
            (await client.ReadyAsync()).ShouldBe((HttpStatusCode.OK, "ready"));
            (await client.StoreAsync("s", "remember me")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await client.ContextAsync("s")).ShouldContain("remember me");
            first.Output.ShouldNotContain(line => line.Contains(" warn: ") || line.Contains(" fail: "), first.Said);
            (await first.StopAsync()).ShouldBe(0, first.Said);
            first.Output.ShouldContain(line => line.StartsWith("Silo on 127.0.0.1:") && line.EndsWith(" of cluster granary"));
            first.Output.ShouldContain($"Data in {Path.Combine(_folder, "data")}");
            first.Output.ShouldContain(line => line.Contains("clustering localhost, storage sqlite, reminders memory"));
            first.Errors.ShouldBeEmpty();
        }

        var (second, again) = await SiloProcess.ListenAsync(_folder);
        await using (second)
        {
            (await again.ContextAsync("s")).ShouldContain("remember me");
            (await second.StopAsync()).ShouldBe(0, second.Said);
        }
    }

    [Fact]
    public async Task A_second_silo_on_one_data_folder_does_not_start()
    {
        var (first, _) = await SiloProcess.ListenAsync(_folder);
        await using (first)
        {
            await using var second = SiloProcess.Start(_folder);

            (await second.ExitAsync()).ShouldBe(1, second.Said);

            second.Errors.ShouldHaveSingleItem().ShouldContain("in use by another");
        }
    }

    [Theory]
    [InlineData("SILO_PORT")]
    [InlineData("GATEWAY_PORT")]
    [InlineData("PORT")]
    public async Task A_port_in_use_is_told(string setting)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var silo = SiloProcess.Start(_folder, (setting, $"{port}"));

        (await silo.ExitAsync()).ShouldBe(1, silo.Said);

        silo.Errors.ShouldHaveSingleItem().ShouldBe($"granary: {setting} {port} of 127.0.0.1 is in use by another program: stop that one, or set {setting} to another number.");
    }

    [Theory]
    [InlineData("CLUSTERING", "adonet", "granary: CLUSTERING is adonet, which needs a connection")]
    [InlineData("Granary__Sqlite__MaxReaders", "0", "granary: Granary:Sqlite:MaxReaders is 0")]
    [InlineData("Granary__Resources__r__Compaction__RetainTurns", "0", "granary: Granary:Resources")]
    [InlineData("Granary__MaxEventStreams", "-1", "granary: Granary:MaxEventStreams must be 0 to 1000000.")]
    public async Task A_wrong_setting_stops_the_start_in_one_line(string name, string value, string message)
    {
        await using var silo = SiloProcess.Start(_folder, (name, value));

        (await silo.ExitAsync()).ShouldBe(2, silo.Said);

        silo.Errors.ShouldHaveSingleItem().ShouldStartWith(message);
    }

    [Fact]
    public async Task Told_to_stop_while_a_database_does_not_answer_it_ends_without_starting()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var connection = $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Database=granary;Username=granary;Timeout=600;SSL Mode=Disable";
        await using var silo = SiloProcess.Start(
            _folder, ("CLUSTERING", "adonet"), ("CLUSTERING_CONNECTION", connection), ("STORAGE", "adonet"), ("ADVERTISED_ADDRESS", "127.0.0.1"), ("SILO_PORT", "0"));
        using var waiting = await silent.AcceptSocketAsync().WaitAsync(SiloProcess.Patience);

        (await silo.StopAsync()).ShouldBe(1, silo.Said);

        silo.Errors.ShouldHaveSingleItem().ShouldBe("granary: The start was broken off: the program was told to stop.");
        silo.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_reached_stops_the_start_in_one_line()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        await using var silo = SiloProcess.Start(
            _folder,
            ("CLUSTERING", "adonet"),
            ("CLUSTERING_CONNECTION", $"Host=127.0.0.1;Port={port};Database=granary;Username=granary"),
            ("STORAGE", "postgres"),
            ("ADVERTISED_ADDRESS", "127.0.0.1"));

        (await silo.ExitAsync()).ShouldBe(1, silo.Said);

        silo.Errors.ShouldHaveSingleItem().ShouldStartWith("granary: The database of STORAGE_CONNECTION cannot be opened. ");
    }
}
