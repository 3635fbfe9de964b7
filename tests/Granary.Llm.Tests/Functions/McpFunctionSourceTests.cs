using System.IO.Pipelines;
using System.Text.Json;
using Granary.Conformance.Time;
using Granary.Llm.Agents;
using Granary.Llm.Functions;
using Granary.Llm.Functions.Mcp;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Granary.Llm.Tests.Functions;

public sealed class McpFunctionSourceTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly McpServerPrimitiveCollection<McpServerTool> tools = [];
    private readonly List<Connection> connections = [];
    private readonly List<McpFunctionSource> sources = [];
    private readonly ManualTimeProvider time = new();
    private bool down;

    public async ValueTask DisposeAsync()
    {
        foreach (var source in sources)
        {
            await source.DisposeAsync();
        }

        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_servers_tools_become_functions_when_they_are_first_needed()
    {
        tools.Add(Tool("add", (int left, int right) => left + right, "Adds."));
        var registry = new FunctionRegistry();
        registry.AddSource(Source());
        connections.ShouldBeEmpty();

        var function = (await registry.ListAsync()).Single();

        function.Name.ShouldBe("calc_add");
        function.Description.ShouldBe("Adds.");
        function.Parameters.GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldBe(["left", "right"]);
        (await CallAsync(registry, "calc_add", """{"left":2,"right":3}""")).ShouldBe(new FunctionResult("5", false));
        connections.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_change_of_the_tools_is_seen()
    {
        tools.Add(Tool("one", () => 1));
        var source = Source();
        (await source.ListAsync()).Count.ShouldBe(1);

        tools.Add(Tool("two", () => 2));

        // The news comes by its own way: asked until it is there. The clock stands still, so it is not the list's age.
        using var patience = new CancellationTokenSource(Patience);
        while ((await source.ListAsync(patience.Token)).Count < 2)
        {
            await Task.Yield();
        }

        connections.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_is_down_has_no_tools_and_is_tried_again_later()
    {
        tools.Add(Tool("one", () => 1));
        down = true;
        var registry = new FunctionRegistry();
        registry.Add(() => 1, "mine");
        registry.AddSource(Source());

        (await registry.ListAsync()).Select(f => f.Name).ShouldBe(["mine"]);
        down = false;
        (await registry.ListAsync()).Select(f => f.Name).ShouldBe(["mine"]);
        time.Advance(TimeSpan.FromSeconds(30));
        (await registry.ListAsync()).Select(f => f.Name).ShouldBe(["calc_one", "mine"]);
    }

    [Fact]
    public async Task A_server_that_goes_away_takes_its_tools_with_it_and_brings_them_back()
    {
        tools.Add(Tool("one", () => 1));
        var registry = new FunctionRegistry();
        registry.AddSource(Source());
        var function = (await registry.ListAsync()).Single();

        down = true;
        await connections[0].DisposeAsync();
        using var patience = new CancellationTokenSource(Patience);
        while ((await registry.ListAsync(patience.Token)).Count > 0)
        {
            await Task.Yield();
        }

        (await function.InvokeAsync(JsonElement.Parse("{}"), Scope)).Content.ShouldBe("Error: the server 'calc' is not available now");
        down = false;
        time.Advance(TimeSpan.FromSeconds(30));
        (await CallAsync(registry, "calc_one", "{}")).Text.ShouldBe("1");
    }

    [Fact]
    public async Task A_tool_that_fails_is_an_error_and_the_connection_stays()
    {
        tools.Add(Tool("fail", string () => throw new InvalidOperationException("secret")));
        tools.Add(Tool("one", () => 1));
        var registry = new FunctionRegistry();
        registry.AddSource(Source());

        (await CallAsync(registry, "calc_fail", "{}")).IsError.ShouldBeTrue();
        (await CallAsync(registry, "calc_one", "{}")).Text.ShouldBe("1");
        connections.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_tool_that_hangs_is_given_up()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        tools.Add(Tool("hang", async (CancellationToken token) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        }));
        var registry = new FunctionRegistry();
        registry.AddSource(Source());

        var call = CallAsync(registry, "calc_hang", "{}");
        await asked.Task.WaitAsync(Patience);
        time.Advance(TimeSpan.FromSeconds(60));

        (await call.WaitAsync(Patience)).Content.ShouldBe("Error: no answer within 60 s");
    }

    [Fact]
    public async Task Long_results_are_cut_and_pictures_are_named()
    {
        tools.Add(Tool("long", () => new string('x', 50_000)));
        tools.Add(Tool("picture", () => new ImageContentBlock { Data = new byte[] { 1 }, MimeType = "image/png" }));
        var registry = new FunctionRegistry();
        registry.AddSource(Source());

        (await CallAsync(registry, "calc_long", "{}")).Text.ShouldEndWith("… [cut: 33616 more characters]");
        (await CallAsync(registry, "calc_picture", "{}")).Text.ShouldBe("(image, image/png, not shown)");
    }

    [Fact]
    public async Task Names_that_providers_refuse_are_changed_and_the_server_is_called_by_its_own()
    {
        tools.Add(Tool("math.add", () => 3));
        var registry = new FunctionRegistry();
        registry.AddSource(Source());

        var function = (await registry.ListAsync()).Single();

        FunctionNames.IsValid(function.Name).ShouldBeTrue();
        function.Name.ShouldStartWith("calc_math_add_");
        (await CallAsync(registry, function.Name, "{}")).Text.ShouldBe("3");
    }

    [Theory]
    [InlineData(null, null, "either a Command or an Endpoint")]
    [InlineData("x", "http://127.0.0.1/", "either a Command or an Endpoint")]
    [InlineData(null, "ftp://127.0.0.1/", "http or https")]
    public void Wrong_settings_are_refused_at_the_start(string? command, string? endpoint, string message) =>
        Should.Throw<ArgumentException>(() => new McpFunctionSource(new McpSourceOptions { Name = "calc", Command = command, Endpoint = endpoint is null ? null : new Uri(endpoint) }))
            .Message.ShouldContain(message);

    [Fact]
    public async Task A_program_that_is_none_and_an_address_without_server_have_no_tools()
    {
        await using var program = new McpFunctionSource(new McpSourceOptions { Name = "a", Command = "/no/such/program" });
        await using var address = new McpFunctionSource(new McpSourceOptions { Name = "b", Endpoint = new Uri("http://127.0.0.1:1/mcp") });

        (await program.ListAsync()).ShouldBeEmpty();
        (await address.ListAsync()).ShouldBeEmpty();
    }

    private static FunctionScope Scope { get; } = new(new CallingContext());

    private static McpServerTool Tool(string name, Delegate function, string? description = null) =>
        McpServerTool.Create(function, new McpServerToolCreateOptions { Name = name, Description = description });

    private static Task<FunctionResult> CallAsync(FunctionRegistry registry, string name, string arguments) =>
        registry.InvokeAsync(name, JsonElement.Parse(arguments), Scope).AsTask();

    private McpFunctionSource Source()
    {
        var source = new McpFunctionSource(new McpSourceOptions { Name = "calc", Command = "in-process" }, Connect, time, null);
        sources.Add(source);
        return source;
    }

    private IClientTransport Connect()
    {
        if (down)
        {
            throw new IOException("down");
        }

        var connection = new Connection(tools);
        connections.Add(connection);
        return connection.Transport;
    }

    /// <summary>A server in this process, at the other end of two pipes.</summary>
    private sealed class Connection : IAsyncDisposable
    {
        private readonly Pipe toServer = new();
        private readonly Pipe toClient = new();
        private readonly McpServer server;
        private readonly Task running;

        public Connection(McpServerPrimitiveCollection<McpServerTool> tools)
        {
            server = McpServer.Create(
                new StreamServerTransport(toServer.Reader.AsStream(), toClient.Writer.AsStream()),
                new McpServerOptions { ServerInfo = new Implementation { Name = "test", Version = "1" }, ToolCollection = tools });
            running = server.RunAsync();
            Transport = new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream());
        }

        public IClientTransport Transport { get; }

        public async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            await toClient.Writer.CompleteAsync();
            await toServer.Reader.CompleteAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
