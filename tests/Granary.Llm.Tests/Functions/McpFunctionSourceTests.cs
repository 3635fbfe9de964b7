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
    private bool silent;

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
        await UntilAsync(async token => (await source.ListAsync(token)).Count == 2);

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
        await UntilAsync(async token => (await registry.ListAsync(token)).Count == 2);
    }

    [Fact]
    public async Task A_server_that_was_down_keeps_nobody_waiting()
    {
        var source = new McpFunctionSource(new McpSourceOptions { Name = "calc", Command = "in-process" }, Connect, time, null);
        sources.Add(source);
        down = true;
        (await source.ListAsync()).ShouldBeEmpty();

        // Now it takes the connection and says nothing.
        down = false;
        silent = true;
        time.Advance(TimeSpan.FromSeconds(30));

        source.ListAsync().IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        silent = true;
        var source = Source();

        var list = source.ListAsync().AsTask();
        await time.UntilTimersAsync(1);
        while (!list.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await list).ShouldBeEmpty();
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
        await UntilAsync(async token => (await registry.ListAsync(token)).Count == 0);

        (await function.InvokeAsync(JsonElement.Parse("{}"), Scope)).Content.ShouldBe("Error: the server 'calc' is not available now");
        down = false;
        time.Advance(TimeSpan.FromSeconds(30));
        await UntilAsync(async token => (await registry.ListAsync(token)).Count == 1);
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
        tools.Add(Tool("picture", () => ImageContentBlock.FromBytes(new byte[] { 1 }, "image/png")));
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

    [Fact]
    public async Task An_argument_that_comes_twice_costs_nobody_the_connection()
    {
        tools.Add(Tool("echo", (string text) => text));
        var registry = new FunctionRegistry();
        registry.AddSource(Source());

        (await CallAsync(registry, "calc_echo", """{"text":"a","text":"b"}""")).ShouldBe(new FunctionResult("b", false));
        (await CallAsync(registry, "calc_echo", """{"text":"c"}""")).Text.ShouldBe("c");
        connections.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_list_that_fails_leaves_the_old_one_and_the_connection()
    {
        var asked = new List<string>();
        var failing = false;
        await using var server = McpOverHttp(method =>
        {
            lock (asked)
            {
                asked.Add(method);
            }

            return failing && method == "tools/list" ? """ "error":{"code":-32603,"message":"busy"}""" : null;
        });
        await using var source = new McpFunctionSource(new McpSourceOptions { Name = "web", Endpoint = new Uri(server.Address, "mcp") }, time);
        (await source.ListAsync()).Count.ShouldBe(1);

        failing = true;
        time.Advance(TimeSpan.FromMinutes(6));
        (await source.ListAsync()).Single().Name.ShouldBe("web_echo");
        var lists = Lists();
        (await source.ListAsync()).Single().Name.ShouldBe("web_echo");
        Lists().ShouldBe(lists);
        failing = false;
        time.Advance(TimeSpan.FromSeconds(31));
        (await source.ListAsync()).Single().Name.ShouldBe("web_echo");
        await UntilAsync(_ => Task.FromResult(Lists() > lists));
        asked.Count(method => method == "initialize").ShouldBe(1);

        int Lists()
        {
            lock (asked)
            {
                return asked.Count(method => method == "tools/list");
            }
        }
    }

    [Fact]
    public async Task A_connection_that_cannot_even_be_closed_does_not_end_the_source()
    {
        tools.Add(Tool("one", () => 1));
        var source = Source(transport => new Unclosable(transport));
        (await source.ListAsync()).Count.ShouldBe(1);
        await connections[0].DisposeAsync();

        await UntilAsync(async token => (await source.ListAsync(token)).Count == 1 && connections.Count > 1);
    }

    [Fact]
    public async Task A_server_that_redirects_gets_no_headers_carried_elsewhere()
    {
        var elsewhere = 0;
        await using var other = new LocalServer(async context =>
        {
            Interlocked.Increment(ref elsewhere);
            await LocalServer.WriteAsync(context, 404, "");
        });
        await using var server = new LocalServer(async context =>
        {
            context.Response.RedirectLocation = other.Address.AbsoluteUri;
            await LocalServer.WriteAsync(context, 307, "");
        });
        await using var source = new McpFunctionSource(
            new McpSourceOptions { Name = "web", Endpoint = new Uri(server.Address, "mcp"), Headers = new Dictionary<string, string> { ["X-Key"] = "k" } });

        (await source.ListAsync()).ShouldBeEmpty();

        elsewhere.ShouldBe(0);
    }

    [Fact]
    public async Task Arguments_whose_names_a_provider_refuses_are_renamed_and_sent_by_their_own()
    {
        await using var server = McpOverHttp(method => method == "tools/list"
            ? """ "result":{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"$text":{"type":"string"},"again":{"$ref":"#/properties/$text"}},"required":["$text"]}}]}"""
            : method == "tools/call" ? "arguments" : null);
        await using var source = new McpFunctionSource(new McpSourceOptions { Name = "web", Endpoint = new Uri(server.Address, "mcp") });
        var registry = new FunctionRegistry();
        registry.AddSource(source);

        var schema = (await registry.ListAsync()).Single().Parameters;

        schema.GetRawText().ShouldBe("""{"type":"object","properties":{"text":{"type":"string"},"again":{"$ref":"#/properties/text"}},"required":["text"]}""");
        (await CallAsync(registry, "web_echo", """{"text":"hello"}""")).Text.ShouldBe("""{"$text":"hello"}""");
    }

    [Theory]
    [InlineData(null, null, "either a Command or an Endpoint")]
    [InlineData("x", "http://127.0.0.1/", "either a Command or an Endpoint")]
    [InlineData(null, "ftp://127.0.0.1/", "http or https")]
    public void Wrong_settings_are_refused_at_the_start(string? command, string? endpoint, string message) =>
        Should.Throw<ArgumentException>(() => new McpFunctionSource(new McpSourceOptions { Name = "calc", Command = command, Endpoint = endpoint is null ? null : new Uri(endpoint) }))
            .Message.ShouldContain(message);

    [Fact]
    public async Task A_server_is_reached_over_http_with_its_headers()
    {
        var keys = new System.Collections.Concurrent.ConcurrentBag<string?>();
        await using var server = new LocalServer(async context =>
        {
            keys.Add(context.Request.Headers["X-Key"]);
            using var reader = new StreamReader(context.Request.InputStream);
            var body = await reader.ReadToEndAsync();
            if (context.Request.HttpMethod != "POST")
            {
                await LocalServer.WriteAsync(context, 405, "", "text/plain");
                return;
            }

            var request = JsonElement.Parse(body);
            if (!request.TryGetProperty("id", out var id))
            {
                await LocalServer.WriteAsync(context, 202, "");
                return;
            }

            var answer = request.GetProperty("method").GetString() switch
            {
                "initialize" => """ "result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}""",
                "tools/list" => """ "result":{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}}}]}""",
                "tools/call" => $$"""
                    "result":{"content":[{"type":"text","text":{{request.GetProperty("params").GetProperty("arguments").GetProperty("text").GetRawText()}}}]}
                    """,
                _ => """ "error":{"code":-32601,"message":"no such method"}""",
            };
            await LocalServer.WriteAsync(context, 200, $"{{\"jsonrpc\":\"2.0\",\"id\":{id.GetRawText()},{answer}}}");
        });
        await using var source = new McpFunctionSource(
            new McpSourceOptions { Name = "web", Endpoint = new Uri(server.Address, "mcp"), Headers = new Dictionary<string, string> { ["X-Key"] = "k" } });
        var registry = new FunctionRegistry();
        registry.AddSource(source);

        (await registry.ListAsync()).Single().Name.ShouldBe("web_echo");
        (await CallAsync(registry, "web_echo", """{"text":"hello"}""")).Text.ShouldBe("hello");
        keys.ShouldAllBe(key => key == "k");
    }

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

    private static async Task UntilAsync(Func<CancellationToken, Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds(patience.Token))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>A server over HTTP with one tool; what a test gives for a method is answered instead, or <c>arguments</c> for those of the call.</summary>
    private static LocalServer McpOverHttp(Func<string, string?> instead) => new(async context =>
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var body = await reader.ReadToEndAsync();
        if (context.Request.HttpMethod != "POST")
        {
            await LocalServer.WriteAsync(context, 405, "", "text/plain");
            return;
        }

        var request = JsonElement.Parse(body);
        if (!request.TryGetProperty("id", out var id))
        {
            await LocalServer.WriteAsync(context, 202, "");
            return;
        }

        var method = request.GetProperty("method").GetString()!;
        var answer = instead(method) ?? method switch
        {
            "initialize" => """ "result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}""",
            "tools/list" => """ "result":{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}}}]}""",
            _ => """ "error":{"code":-32601,"message":"no such method"}""",
        };
        if (answer == "arguments")
        {
            answer = $$""" "result":{"content":[{"type":"text","text":{{JsonSerializer.Serialize(request.GetProperty("params").GetProperty("arguments").GetRawText())}}}]}""";
        }

        await LocalServer.WriteAsync(context, 200, $"{{\"jsonrpc\":\"2.0\",\"id\":{id.GetRawText()},{answer}}}");
    });

    private McpFunctionSource Source(Func<IClientTransport, IClientTransport>? wrap = null)
    {
        var source = new McpFunctionSource(
            new McpSourceOptions { Name = "calc", Command = "in-process" }, () => wrap is null ? Connect() : wrap(Connect()), time, null);
        sources.Add(source);
        return source;
    }

    private IClientTransport Connect()
    {
        if (down)
        {
            throw new IOException("down");
        }

        if (silent)
        {
            return new StreamClientTransport(new Pipe().Writer.AsStream(), new Pipe().Reader.AsStream());
        }

        var connection = new Connection(tools);
        connections.Add(connection);
        return connection.Transport;
    }

    private sealed class Unclosable(IClientTransport inner) : IClientTransport
    {
        public string Name => inner.Name;

        public async Task<ITransport> ConnectAsync(CancellationToken cancellationToken = default) => new Session(await inner.ConnectAsync(cancellationToken));

        private sealed class Session(ITransport inner) : ITransport
        {
            public string? SessionId => inner.SessionId;

            public System.Threading.Channels.ChannelReader<JsonRpcMessage> MessageReader => inner.MessageReader;

            public Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default) => inner.SendMessageAsync(message, cancellationToken);

            public async ValueTask DisposeAsync()
            {
                await inner.DisposeAsync();
                throw new IOException("cannot be closed");
            }
        }
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
