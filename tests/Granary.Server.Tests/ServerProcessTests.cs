using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Granary.Http.Identity;

namespace Granary.Server.Tests;

/// <summary>The server as its operator meets it.</summary>
public sealed class ServerProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-server-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_runs_in_the_callers_folder_says_where_it_is_and_keeps_turns_over_a_restart()
    {
        var (first, client) = await ServerProcess.ListenAsync(_folder);
        await using (first)
        {
            (await PostAsync(client, "/memory/store", """{"user_id":"ada","session_id":"s","user_message":"remember me","agent_message":"yes"}""")).ShouldBe(200);
            (await first.StopAsync()).ShouldBe(0);
            first.Output.ShouldContain(line => line.StartsWith("Granary listens on http://127.0.0.1:"));
            first.Output.ShouldContain($"Data in {Path.Combine(_folder, "data")}");
        }

        Directory.Exists(Path.Combine(_folder, "data")).ShouldBeTrue();
        var (second, again) = await ServerProcess.ListenAsync(_folder);
        await using (second)
        {
            using var answer = await again.PostAsync("/memory/context", Json("""{"user_id":"ada","session_id":"s"}"""));
            (await answer.Content.ReadAsStringAsync()).ShouldContain("remember me");
            answer.Headers.Server.ShouldBeEmpty();
            (await second.StopAsync()).ShouldBe(0);
            second.Errors.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Settings_come_from_the_env_file_and_from_json()
    {
        var key = ApiKey.Create();
        await File.WriteAllTextAsync(Path.Combine(_folder, ".env"), """
            # what this server is
            export DATA_DIR='my data'
            GRANARY_CONFIG=granary.json
            MAX_SESSIONS=7   # few
            RELOAD=true
            LOG_LEVEL=WARNING
            """);
        await File.WriteAllTextAsync(Path.Combine(_folder, "granary.json"), $$"""
            {"Granary":{
              "Keys":[{"Hash":"{{key.Hash}}","Tenant":"acme"}],
              "Resources":{"support":{"Compaction":{"TurnBuffer":8} } },
              "RateLimits":{"PerUser":{"PerSecond":100} } } }
            """);
        var (server, client) = await ServerProcess.ListenAsync(_folder);
        await using (server)
        {
            (await client.GetAsync("/stats")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            client.DefaultRequestHeaders.Add("X-API-Key", key.Text);
            var stats = JsonNode.Parse(await client.GetStringAsync("/stats"))!;
            ((int)stats["max_capacity"]!).ShouldBe(7);
            var resource = JsonNode.Parse(await client.GetStringAsync("/resources/support"))!;
            ((int)resource["compaction"]!["turn_buffer"]!).ShouldBe(8);
            ((int)resource["compaction"]!["retain_turns"]!).ShouldBe(4);
            Directory.Exists(Path.Combine(_folder, "my data")).ShouldBeTrue();
            await server.StopAsync();
            server.Output.ShouldContain(line => line.Contains("RELOAD is set, but has no effect"));
        }
    }

    [Fact]
    public async Task A_second_server_on_one_data_folder_does_not_start()
    {
        var (first, _) = await ServerProcess.ListenAsync(_folder);
        await using (first)
        {
            await using var second = ServerProcess.Start(_folder, [], ("PORT", "0"));

            (await second.ExitAsync()).ShouldBe(1);

            OnlyLine(second).ShouldContain(Path.Combine(_folder, "data"));
            OnlyLine(second).ShouldContain("in use by another");
        }
    }

    [Fact]
    public async Task A_port_in_use_is_told()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var server = ServerProcess.Start(_folder, ["--port", $"{port}"]);

        (await server.ExitAsync()).ShouldBe(1);

        OnlyLine(server).ShouldBe($"granary: PORT {port} of 127.0.0.1 is in use by another program: stop that one, or set PORT to another number.");
    }

    [Fact]
    public async Task An_address_of_another_machine_is_told()
    {
        await using var server = ServerProcess.Start(_folder, [], ("HOST", "203.0.113.1"), ("ALLOW_ANONYMOUS", "true"));

        (await server.ExitAsync()).ShouldBe(1);

        OnlyLine(server).ShouldStartWith("granary: HOST 203.0.113.1 with PORT 8000 cannot be used");
    }

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_told()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "");
        await using var server = ServerProcess.Start(_folder, [], ("DATA_DIR", "file"), ("PORT", "0"));

        (await server.ExitAsync()).ShouldBe(1);

        OnlyLine(server).ShouldContain(Path.Combine(_folder, "file"));
    }

    [Theory]
    [InlineData("HOST", "0.0.0.0", "granary: HOST is 0.0.0.0, which others can reach, and there are no keys")]
    [InlineData("PORT", "x", "granary: PORT (Granary:Port) must be a whole number")]
    [InlineData("Granary__Keys__0__Hash", "plain", "granary: Granary:Keys:0:Hash must be the SHA-256 of the key")]
    [InlineData("Granary__Keys__0__Hsh", "x", "granary: Granary:Keys: ")]
    [InlineData("Granary__MaxEventStreams", "-1", "granary: Granary:MaxEventStreams must be 0 to 1000000.")]
    [InlineData("Granary__MaxEventStreams", "x", "granary: Granary:MaxEventStreams must be a whole number")]
    [InlineData("Granary__RateLimits__PerKey__PerSecond", "0", "granary: Granary:RateLimits:PerKey:PerSecond must be 1 to 1000000")]
    [InlineData("Granary__Sqlite__MaxReaders", "0", "granary: Granary:Sqlite:MaxReaders is 0")]
    [InlineData("Granary__Resources__r__Compaction__RetainTurns", "0", "granary: Granary:Resources")]
    [InlineData("Granary__Audit__RetentionDays", "0", "granary: Granary:Audit:RetentionDays must be 1 to 3650.")]
    [InlineData("Granary__Audit__Contents", "true", "granary: Granary:Audit: ")]
    [InlineData("Granary__Batches__MaxConcurrentJobs", "0", "granary: Granary:Batches:MaxConcurrentJobs must be 1 to 100.")]
    [InlineData("Granary__Batches__Lease", "soon", "granary: Granary:Batches: ")]
    [InlineData("Granary__Functions__Mcp__files__Args__0", "x", "granary: Granary:Functions:Mcp:files needs either Command")]
    [InlineData("Granary__Providers__openai__Retries", "-1", "granary: Granary:Providers:openai:Retries")]
    [InlineData("Granary__Proxy__MaxBodyBytes", "0", "granary: Granary:Proxy:MaxBodyBytes")]
    [InlineData("MEMORY_PROVIDER", "redis", "granary: MEMORY_PROVIDER (Granary:Memory:Provider) must be one of native, postgres, http, mock, chain, not 'redis'.")]
    [InlineData("MEMORY_PROVIDER", "Postgres", "granary: MEMORY_PROVIDER is postgres, which needs a database: set DATABASE_URL")]
    [InlineData("MEMORY_PROVIDER", "CHAIN", "granary: MEMORY_PROVIDER is chain, but there is no provider: set DATABASE_URL")]
    [InlineData("MEMORY_RECALL_LIMIT", "0", "granary: MEMORY_RECALL_LIMIT (Granary:Memory:RecallLimit) must be a whole number from 1 to 1000")]
    [InlineData("Granary__Memory__Chain__BreakerFailures", "0", "granary: Granary:Memory:Chain:BreakerFailures must be")]
    [InlineData("Granary__Memory__Chian__BreakerFailures", "1", "granary: Granary:Memory: ")]
    [InlineData("Granary__Memory__Connections__x__Type", "redis", "granary: Granary:Memory:Connections:x:Type must be postgres, http or mock, not 'redis'.")]
    [InlineData("GRANARY_CONFIG", "nowhere.json", "granary: --config (GRANARY_CONFIG): there is no file")]
    public async Task A_wrong_setting_stops_the_start_in_one_line(string name, string value, string message)
    {
        await using var server = ServerProcess.Start(_folder, [], (name, value), ("PORT", name == "PORT" ? value : "0"));

        (await server.ExitAsync()).ShouldBe(2);

        OnlyLine(server).ShouldStartWith(message);
    }

    [Theory]
    [InlineData("postgres", "DATABASE_URL", "postgres://granary:hunter2@")]
    [InlineData("http", "MEM0_BASE_URL", "http://granary:hunter2@localhost:8001")]
    public async Task A_wrong_connection_stops_the_start_without_telling_its_secret(string provider, string name, string value)
    {
        await using var server = ServerProcess.Start(_folder, [], ("MEMORY_PROVIDER", provider), (name, value), ("PORT", "0"));

        (await server.ExitAsync()).ShouldBe(2);

        OnlyLine(server).ShouldStartWith("granary: Granary:Memory:");
        OnlyLine(server).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Memories_are_kept_by_the_provider_that_is_chosen()
    {
        var (server, client) = await ServerProcess.ListenAsync(_folder, [], ("MEMORY_PROVIDER", "MOCK"), ("MEMORY_RECALL_LIMIT", "2"));
        await using (server)
        {
            for (var i = 0; i < 3; i++)
            {
                (await PostAsync(client, "/memory/remember", $$"""{"user_id":"ada","content":"tea {{i}}"}""")).ShouldBe(200);
            }

            using var answer = await client.PostAsync("/memory/recall", Json("""{"user_id":"ada","query":"TEA"}"""));
            var found = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            found["memories"]!.AsArray().Select(memory => (string?)memory!["id"]).ShouldBe(["1", "2"]);
            ((string?)found["substrate_metadata"]!["provider"]).ShouldBe("mock");
            await server.StopAsync();
        }
    }

    [Fact]
    public async Task A_config_file_that_is_no_json_is_told()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "bad.json"), "{ nope");
        await using var server = ServerProcess.Start(_folder, ["--config", "bad.json"]);

        (await server.ExitAsync()).ShouldBe(2);

        OnlyLine(server).ShouldContain("bad.json");
    }

    [Fact]
    public async Task A_key_that_is_made_opens_the_server_that_is_given_its_hash()
    {
        await using var maker = ServerProcess.Start(_folder, ["key", "new", "--tenant", "acme", "--user", "ada"]);
        (await maker.ExitAsync()).ShouldBe(0);
        var key = maker.Output.Single(line => line.StartsWith("Key ")).Split(": ")[1];
        key.ShouldStartWith("gk_");
        var settings = maker.Output.Where(line => line.StartsWith("Granary__")).Select(line => line.Split('=', 2)).Select(parts => (parts[0], parts[1])).ToArray();
        settings.Length.ShouldBe(3);

        var (server, client) = await ServerProcess.ListenAsync(_folder, [], settings);
        await using (server)
        {
            (await client.GetAsync("/sessions")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            client.DefaultRequestHeaders.Add("Authorization", $"Bearer {key}");
            ((string?)JsonNode.Parse(await client.GetStringAsync("/sessions"))!["user_id"]).ShouldBe("ada");
            await server.StopAsync();
            Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).ShouldAllBe(file => !Contains(file, key));
        }
    }

    [Theory]
    [InlineData("key")]
    [InlineData("key new")]
    [InlineData("key new --tenant")]
    [InlineData("key new --tenant a/b")]
    [InlineData("key new --tenant a --colour red")]
    [InlineData("serve")]
    public async Task A_wrong_command_is_told_in_one_line(string command)
    {
        await using var server = ServerProcess.Start(_folder, command.Split(' '));

        (await server.ExitAsync()).ShouldBe(2);

        OnlyLine(server).ShouldStartWith("granary: ");
    }

    [Fact]
    public async Task Help_tells_every_setting()
    {
        await using var server = ServerProcess.Start(_folder, ["--help"]);

        (await server.ExitAsync()).ShouldBe(0);

        server.Output.ShouldContain(line => line.Contains("--max-sessions") && line.Contains("Default 1000."));
        server.Output.ShouldContain(line => line.Contains("key new --tenant"));
    }

    [Fact]
    public async Task The_example_of_settings_names_every_one_and_starts()
    {
        var example = Path.Combine(FindUp(".env.example"), ".env.example");
        var text = await File.ReadAllTextAsync(example);
        foreach (var setting in Granary.Hosting.Settings.FlatSettings.All)
        {
            text.ShouldContain($"\n# {setting.Name}={setting.Default}");
        }

        foreach (var section in Granary.Hosting.Settings.FlatSettings.Sections)
        {
            text.ShouldContain($"Granary__{section}");
        }

        // Every line that is commented out can be taken in as it is, but for those of one address and of keys.
        var live = text.Split('\n').Select(line => line.StartsWith("# ") && line.Contains('=') && line.IndexOf(' ', 2) < 0 && !line.Contains("Keys") ? line[2..] : line);
        await File.WriteAllTextAsync(Path.Combine(_folder, ".env"), string.Join('\n', live));
        var (server, client) = await ServerProcess.ListenAsync(_folder);
        await using (server)
        {
            (await client.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    private static string OnlyLine(ServerProcess server)
    {
        server.Errors.Count.ShouldBe(1, string.Join('\n', server.Errors));
        server.Output.ShouldAllBe(line => line.Contains(" info: "));
        return server.Errors.Single();
    }

    private static bool Contains(string file, string text) => File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    private static string FindUp(string file)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, file)))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new FileNotFoundException(file);
        }

        return folder;
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<int> PostAsync(HttpClient client, string path, string json)
    {
        using var answer = await client.PostAsync(path, Json(json));
        return (int)answer.StatusCode;
    }
}
