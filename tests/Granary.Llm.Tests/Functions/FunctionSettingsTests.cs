using System.Collections.Concurrent;
using Granary.Conformance.Time;
using Granary.Llm.Agents;
using Granary.Llm.Functions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Functions;

/// <summary>MCP servers and HTTP APIs of the settings become functions of the host's registry.</summary>
public class FunctionSettingsTests
{
    private const string Secret = "s3cret-value";

    private const string Document = """
        {"openapi":"3.0.0","paths":{
          "/orders/{id}":{"get":{"operationId":"order","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}]},
                          "delete":{"operationId":"drop","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}]}}}}
        """;

    [Theory]
    [InlineData("Mcp:files:Args:0", "x", "Granary:Functions:Mcp:files needs either Command")]
    [InlineData("Mcp:files:Url", "ftp://x", "Granary:Functions:Mcp:files:Url must be an address")]
    [InlineData("Mcp:files:Url", "http://u:p@x", "Granary:Functions:Mcp:files:Url must be an address")]
    [InlineData("Mcp:files:Comand", "x", "Granary:Functions:Mcp:files:Comand is not a setting. There are: ")]
    [InlineData("Mcp:two words:Command", "x", "Granary:Functions:Mcp:two words: the name must be")]
    [InlineData("OpenApi:crm:Operations:0", "*", "Granary:Functions:OpenApi:crm needs either Url or File")]
    [InlineData("OpenApi:crm:File", "crm.json", "Granary:Functions:OpenApi:crm:Operations must list")]
    [InlineData("Skills:x", "y", "Granary:Functions:Skills is not a setting. There are: Mcp, OpenApi.")]
    public void Wrong_settings_are_named_with_the_fix(string name, string value, string message) =>
        Failures(($"Granary:Functions:{name}", value)).ShouldContain(failure => failure.Contains(message));

    [Theory]
    [InlineData("Mcp:files:Url", "http://x", "Mcp:files:Command", "y", "Granary:Functions:Mcp:files needs either Command")]
    [InlineData("Mcp:files:Url", "http://x", "Mcp:files:Args:0", "y", "Args, Environment and WorkingDirectory are a program's")]
    [InlineData("Mcp:files:Command", "x", "Mcp:files:Headers:Authorization", Secret, "Headers are of requests to an address")]
    [InlineData("Mcp:files:Command", "x", "Mcp:files:CallTimeoutSeconds", "0", "Granary:Functions:Mcp:files:CallTimeoutSeconds must be above 0")]
    [InlineData("Mcp:files:Url", "http://x", "Mcp:files:Headers:two words", Secret, "'two words', which is no name of a header")]
    [InlineData("Mcp:files:Url", "http://x", "Mcp:files:Headers:Host", Secret, "Headers:Host is a header that the client sets itself")]
    [InlineData("Mcp:files:Url", "http://x", "Mcp:files:Headers:Authorization", Secret + "\n", "Headers:Authorization must have a value of printable")]
    public void Settings_that_do_not_go_together_are_named_and_no_secret_is(string one, string value, string other, string otherValue, string message)
    {
        var failures = Failures(($"Granary:Functions:{one}", value), ($"Granary:Functions:{other}", otherValue));
        failures.ShouldHaveSingleItem().ShouldContain(message);
        failures[0].ShouldNotContain(Secret);
    }

    [Fact]
    public void Two_sources_of_one_name_are_refused() => Failures(
        ("Granary:Functions:Mcp:crm:Command", "x"), ("Granary:Functions:OpenApi:CRM:File", "x"), ("Granary:Functions:OpenApi:CRM:Operations:0", "*"))
        .ShouldHaveSingleItem().ShouldContain("have one name");

    [Fact]
    public async Task A_source_that_is_switched_off_may_be_half_configured()
    {
        await using var services = Services(null, ("Granary:Functions:Mcp:files:Enabled", "false"));
        (await services.GetRequiredService<FunctionRegistry>().ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Listed_operations_are_called_at_the_documents_origin_with_the_headers()
    {
        var seen = new ConcurrentQueue<string>();
        await using var server = new LocalServer(context =>
        {
            seen.Enqueue($"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath} {context.Request.Headers["Authorization"]}");
            return LocalServer.WriteAsync(context, 200, context.Request.Url.AbsolutePath == "/openapi.json" ? Document : """{"total":3}""");
        });
        await using var services = Services(
            null,
            ("Granary:Functions:OpenApi:CRM:Url", $"{server.Address}openapi.json"),
            ("Granary:Functions:OpenApi:CRM:Operations:0", "order"),
            ("Granary:Functions:OpenApi:CRM:Headers:Authorization", $"Bearer {Secret}"));
        var registry = services.GetRequiredService<FunctionRegistry>();
        (await registry.ListAsync()).Select(function => function.Name).ShouldBe(["crm_order"]);
        (await CallAsync(registry, "crm_order", """{"id":"7"}""")).ShouldBe(new FunctionResult("""{"total":3}""", false));
        seen.ShouldBe([$"GET /openapi.json Bearer {Secret}", $"GET /orders/7 Bearer {Secret}"]);
    }

    [Fact]
    public async Task All_operations_are_functions_where_that_is_said()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Document);
        await using var services = Services(
            null,
            ("Granary:Functions:OpenApi:crm:File", file),
            ("Granary:Functions:OpenApi:crm:BaseAddress", "http://127.0.0.1:1"),
            ("Granary:Functions:OpenApi:crm:Operations:0", "*"));
        (await services.GetRequiredService<FunctionRegistry>().ListAsync()).Select(function => function.Name).ShouldBe(["crm_drop", "crm_order"]);
        File.Delete(file);
    }

    [Fact]
    public async Task A_document_does_not_send_the_headers_elsewhere()
    {
        await using var server = new LocalServer(context => LocalServer.WriteAsync(context, 200, Document.Replace("\"paths\"", "\"servers\":[{\"url\":\"http://elsewhere.example\"}],\"paths\"")));
        var log = new Logs();
        await using var services = Services(
            log, ("Granary:Functions:OpenApi:crm:Url", server.Address.AbsoluteUri), ("Granary:Functions:OpenApi:crm:Operations:0", "*"));
        (await services.GetRequiredService<FunctionRegistry>().ListAsync()).ShouldBeEmpty();
        log.Text.ShouldContain("set Granary:Functions:OpenApi:crm:BaseAddress");
    }

    [Fact]
    public async Task Sources_that_are_away_stop_no_start_are_tried_again_and_no_log_has_their_secrets()
    {
        var up = false;
        await using var server = new LocalServer(context => LocalServer.WriteAsync(context, up ? 200 : 503, up ? Document : "down"));
        var log = new Logs();
        var time = new ManualTimeProvider();
        await using var services = Services(
            log,
            time,
            ("Granary:Functions:Mcp:gone:Command", "/no/such/program"),
            ("Granary:Functions:Mcp:gone:Args:0", Secret),
            ("Granary:Functions:Mcp:gone:Environment:TOKEN", Secret),
            ("Granary:Functions:Mcp:far:Url", "http://127.0.0.1:1/mcp"),
            ("Granary:Functions:Mcp:far:Headers:Authorization", Secret),
            ("Granary:Functions:OpenApi:crm:Url", server.Address.AbsoluteUri),
            ("Granary:Functions:OpenApi:crm:Operations:0", "order"),
            ("Granary:Functions:OpenApi:crm:Headers:X-Key", Secret));
        var registry = services.GetRequiredService<FunctionRegistry>();
        registry.Add(() => 1, "mine");
        (await registry.ListAsync()).Select(function => function.Name).ShouldBe(["mine"]);
        log.Text.ShouldContain("gone");
        log.Text.ShouldContain("crm");

        up = true;
        (await registry.ListAsync()).Count.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(31));

        // It is loaded beside the question that finds it due: asked until it is there.
        using var patience = new CancellationTokenSource(Patience);
        while ((await registry.FindAsync("crm_order", patience.Token)) is null)
        {
            await Task.Yield();
        }

        log.Text.ShouldNotContain(Secret);
    }

    [Fact]
    public async Task A_programs_arguments_and_variables_are_in_no_log()
    {
        var log = new Logs();
        await using (var services = Services(
            log, ("Granary:Functions:Mcp:echo:Command", "/bin/false"), ("Granary:Functions:Mcp:echo:Args:0", "--" + Secret), ("Granary:Functions:Mcp:echo:Environment:TOKEN", Secret)))
        {
            (await services.GetRequiredService<FunctionRegistry>().ListAsync()).ShouldBeEmpty();
        }

        log.Lines.ShouldNotBeEmpty();
        log.Text.ShouldNotContain(Secret);
    }

    private static IReadOnlyList<string> Failures(params (string, string?)[] settings) =>
        [.. Should.Throw<OptionsValidationException>(() => new ServiceCollection().AddGranaryFunctions(Configuration(settings))).Failures];

    private static ServiceProvider Services(Logs? log, params (string, string?)[] settings) => Services(log, null, settings);

    private static ServiceProvider Services(Logs? log, TimeProvider? time, params (string, string?)[] settings)
    {
        var services = new ServiceCollection();
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        return services.AddLogs(log).AddGranaryFunctions(Configuration(settings)).BuildServiceProvider();
    }

    private static async Task<FunctionResult> CallAsync(FunctionRegistry registry, string name, string arguments) =>
        await registry.InvokeAsync(name, System.Text.Json.JsonElement.Parse(arguments), new FunctionScope(new CallingContext()));

    private sealed class Logs : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public string Text => string.Join('\n', Lines);

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
