using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Conformance.Time;
using Granary.Llm.Agents;
using Granary.Llm.Functions;
using Granary.Llm.Functions.OpenApi;

namespace Granary.Llm.Tests.Functions;

public sealed class OpenApiFunctionTests : IAsyncDisposable
{
    private const string Document =
        """
        {
          "openapi": "3.0.3",
          "servers": [{ "url": "https://{region}.example.com/v1", "variables": { "region": { "default": "eu" } } }],
          "paths": {
            "/pets/{id}": {
              "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
              "get": {
                "operationId": "getPet",
                "summary": "Reads a pet.",
                "parameters": [
                  { "name": "fields", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } },
                  { "name": "tags", "in": "query", "explode": false, "schema": { "type": "array", "items": { "type": "string" } } },
                  { "name": "filter", "in": "query", "style": "deepObject", "schema": { "type": "object" } },
                  { "name": "X-Trace", "in": "header", "schema": { "type": "string" } },
                  { "name": "id", "in": "query", "schema": { "type": "integer" } },
                  { "name": "Authorization", "in": "header", "schema": { "type": "string" } }
                ]
              },
              "delete": { "operationId": "deletePet" }
            },
            "/pets": {
              "post": {
                "operationId": "create.pet",
                "description": "Creates a pet.",
                "requestBody": { "$ref": "#/components/requestBodies/Pet" }
              }
            },
            "/cookie": { "get": { "operationId": "needsCookie", "parameters": [{ "name": "c", "in": "cookie", "required": true, "schema": {} }] } },
            "/form": { "put": { "requestBody": { "required": true, "content": { "application/x-www-form-urlencoded": { "schema": { "type": "object" } } } } } }
          },
          "components": {
            "requestBodies": { "Pet": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } } } },
            "schemas": {
              "Pet": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {
                  "id": { "type": "integer", "readOnly": true },
                  "name": { "type": "string", "nullable": true, "example": "Rex" },
                  "mother": { "$ref": "#/components/schemas/Pet" }
                }
              }
            }
          }
        }
        """;

    private readonly List<(string Line, string Body, WebHeaderCollection Headers)> seen = [];
    private readonly SocketsHttpHandler handler = new() { AllowAutoRedirect = false };
    private readonly LocalServer server;
    private Func<HttpListenerContext, Task> answer = context => LocalServer.WriteAsync(context, 200, """{"ok":true}""");

    public OpenApiFunctionTests() => server = new LocalServer(async context =>
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var body = await reader.ReadToEndAsync();
        lock (seen)
        {
            seen.Add(($"{context.Request.HttpMethod} {context.Request.RawUrl}", body, (WebHeaderCollection)context.Request.Headers));
        }

        await answer(context);
    });

    public async ValueTask DisposeAsync()
    {
        handler.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public void Only_the_listed_operations_become_functions()
    {
        var functions = Create("getPet", "create.pet");

        functions.Select(f => f.Description).ShouldBe(["Reads a pet.", "Creates a pet."]);
        functions[0].Name.ShouldBe("getPet");
        functions[1].Name.ShouldStartWith("create_pet_");
        functions[0].Parameters.GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldBe(["id", "fields", "tags", "filter", "X-Trace", "id_query"]);
        functions[0].Parameters.GetProperty("required").GetRawText().ShouldBe("""["id"]""");
    }

    [Fact]
    public void References_are_put_in_place_and_recursion_ends() =>
        JsonElement.DeepEquals(Create("create.pet")[0].Parameters, JsonElement.Parse(
            """
            {
              "type": "object",
              "properties": {
                "body": { "type": "object", "required": ["name"], "properties": { "name": { "type": ["string", "null"] }, "mother": {} } }
              },
              "required": ["body"]
            }
            """)).ShouldBeTrue(Create("create.pet")[0].Parameters.GetRawText());

    [Fact]
    public async Task Parameters_go_to_path_query_and_header()
    {
        var result = await CallAsync("getPet", """{"id":"a/b c","fields":["x","y&z"],"tags":["p","q,r"],"filter":{"age":3},"X-Trace":"t","id_query":7}""");

        result.ShouldBe(new FunctionResult("""{"ok":true}""", false));
        seen.Single().Line.ShouldBe("GET /api/pets/a%2Fb%20c?fields=x&fields=y%26z&tags=p,q%2Cr&filter%5Bage%5D=3&id=7");
        seen.Single().Headers["X-Trace"].ShouldBe("t");
    }

    [Fact]
    public async Task The_body_is_sent_as_json_or_form()
    {
        await CallAsync("create.pet", """{"body":{"name":"Rex"}}""");
        await CallAsync("PUT /form", """{"body":{"a":"1 2","b":3}}""");

        seen.Select(s => (s.Line, s.Body)).ShouldBe([("POST /api/pets", """{"name":"Rex"}"""), ("PUT /api/form", "a=1+2&b=3")]);
        seen[0].Headers["Content-Type"].ShouldStartWith("application/json");
    }

    [Fact]
    public async Task Credentials_come_from_the_callback_and_not_from_the_model()
    {
        var function = OpenApiFunctions.Create(
            Options("getPet", authorize: (request, scope, _) =>
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", scope.Context.UserId);
                return default;
            }),
            handler)[0];

        await function.InvokeAsync(JsonElement.Parse("""{"id":"1"}"""), Scope);
        var refused = await function.InvokeAsync(JsonElement.Parse("""{"id":"1","Authorization":"Bearer other"}"""), Scope);

        seen.Single().Headers["Authorization"].ShouldBe("Bearer ada");
        refused.Content.ShouldBe("Error: there is no argument 'Authorization'");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"id":null}""")]
    [InlineData("""{"id":""}""")]
    [InlineData("""{"id":".."}""")]
    [InlineData("""{"id":"1","X-Trace":"a\r\nHost: evil"}""")]
    [InlineData("""{"id":"\ud800"}""")]
    public async Task Arguments_that_no_request_can_hold_are_refused(string arguments)
    {
        (await CallAsync("getPet", arguments)).IsError.ShouldBeTrue();
        seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_error_of_the_service_is_an_error_for_the_model()
    {
        answer = context => LocalServer.WriteAsync(context, 404, """{"error":"no such pet"}""");

        (await CallAsync("getPet", """{"id":"1"}""")).Content.ShouldBe("""Error: HTTP 404 Not Found: {"error":"no such pet"}""");
    }

    [Fact]
    public async Task A_response_without_end_is_cut_and_not_read_on()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        answer = async context =>
        {
            context.Response.ContentType = "text/plain";
            var chunk = new byte[1024];
            Array.Fill(chunk, (byte)'x');
            try
            {
                while (true)
                {
                    await context.Response.OutputStream.WriteAsync(chunk);
                }
            }
            catch (Exception)
            {
                gone.SetResult();
            }
        };

        var result = await CallAsync("getPet", """{"id":"1"}""");

        result.Text.ShouldBe(new string('x', 100) + "… [cut: the response is longer than 100 characters]");
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task What_is_no_text_is_named_only()
    {
        answer = context => LocalServer.WriteAsync(context, 200, "png", "image/png");

        (await CallAsync("getPet", """{"id":"1"}""")).Text.ShouldBe("(image/png, not shown)");
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_given_up()
    {
        var time = new ManualTimeProvider();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        answer = _ =>
        {
            asked.SetResult();
            return Task.CompletedTask;
        };
        var call = OpenApiFunctions.Create(Options("getPet"), handler, time)[0].InvokeAsync(JsonElement.Parse("""{"id":"1"}"""), Scope).AsTask();

        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60));
        time.Advance(TimeSpan.FromSeconds(30));

        (await call.WaitAsync(TimeSpan.FromSeconds(60))).Content.ShouldBe("Error: no answer within 30 s");
    }

    [Fact]
    public void Credentials_and_identity_are_not_the_models_to_set()
    {
        var parameters = Operation(
            """
            [
              { "name": "X-Shop-Key", "in": "header" }, { "name": "x-api-key", "in": "header" }, { "name": "X-User-ID", "in": "header" }, { "name": "Proxy-Authorization", "in": "header" },
              { "name": "Host", "in": "header" }, { "name": "Cookie", "in": "header" }, { "name": "api_key", "in": "query" }, { "name": "token", "in": "query" }, { "name": "q", "in": "query" }
            ]
            """).Parameters;

        parameters.GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldBe(["q"]);
    }

    [Theory]
    [InlineData("/users/{userId}/orders", """[{ "name": "userId", "in": "path", "required": true }, { "name": "q", "in": "query" }]""", "userId", "GET /api/users/ada/orders?q=x")]
    [InlineData("/orders", """[{ "name": "q", "in": "query" }, { "name": "userId", "in": "query" }]""", "userId", "GET /api/orders?q=x&userId=ada")]
    [InlineData("/orders", """[{ "name": "q", "in": "query" }, { "name": "X-User-ID", "in": "header" }]""", "x-user-id", "GET /api/orders?q=x")]
    public async Task Who_asks_is_bound_to_the_caller_and_hidden_from_the_model(string path, string parameters, string name, string line)
    {
        var function = OpenApiFunctions.Create(Bound(path, parameters, name), handler)[0];

        function.Parameters.GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldBe(["q"]);
        (await function.InvokeAsync(JsonElement.Parse("""{"q":"x"}"""), Scope)).IsError.ShouldBeFalse();
        (await function.InvokeAsync(JsonElement.Parse($$"""{"q":"x","{{name}}":"bob"}"""), Scope)).Text.ShouldBe($"there is no argument '{name}'");
        (await function.InvokeAsync(JsonElement.Parse("""{"q":"x"}"""), new FunctionScope(new CallingContext()))).IsError.ShouldBeTrue();
        seen.Single().Line.ShouldBe(line);
        (name == "userId" || seen[0].Headers["X-User-ID"] == "ada").ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"q":{"USERID":"bob"}}""")]
    [InlineData("""{"q":{"api_key":"stolen"}}""")]
    public async Task An_object_that_is_spread_over_the_query_cannot_set_them_either(string arguments)
    {
        var function = OpenApiFunctions.Create(Bound("/orders", """[{ "name": "q", "in": "query", "schema": { "type": "object" } }, { "name": "userId", "in": "query" }]""", "userId"), handler)[0];

        (await function.InvokeAsync(JsonElement.Parse(arguments), Scope)).IsError.ShouldBeTrue();
        (await function.InvokeAsync(JsonElement.Parse("""{"q":{"state":"open"}}"""), Scope)).IsError.ShouldBeFalse();
        seen.Single().Line.ShouldBe("GET /api/orders?state=open&userId=ada");
    }

    [Fact]
    public void A_parameter_to_bind_that_no_operation_has_is_refused() => Should
        .Throw<ArgumentException>(() => OpenApiFunctions.Create(Bound("/orders", "[]", "userID"), handler))
        .Message.ShouldContain("userID");

    [Fact]
    public void A_handler_that_follows_redirects_is_refused()
    {
        Should.Throw<ArgumentException>(() => OpenApiFunctions.Create(Options("getPet"), new HttpClientHandler())).Message.ShouldContain("redirects");
        Should.Throw<ArgumentException>(() => OpenApiFunctions.Create(Options("getPet"), new Outer(new SocketsHttpHandler())));
        OpenApiFunctions.Create(Options("getPet")).Count.ShouldBe(1);
    }

    [Fact]
    public void Names_of_parameters_that_a_provider_refuses_are_renamed_and_stay_apart()
    {
        var parameters = Operation(
            """
            [
              { "name": "$top", "in": "query" }, { "name": "filter[status]", "in": "query" }, { "name": "top", "in": "query" }, { "name": "id", "in": "query" },
              { "name": "id", "in": "header" }, { "name": "id_header", "in": "query" }, { "name": "Größe", "in": "query" }, { "name": "…", "in": "query" }
            ]
            """).Parameters;

        var names = parameters.GetProperty("properties").EnumerateObject().Select(p => p.Name).ToList();
        names.Count.ShouldBe(8);
        names.ShouldAllBe(name => System.Text.RegularExpressions.Regex.IsMatch(name, "^[a-zA-Z0-9_.-]{1,64}$"));
        names.ShouldContain("filter_status");
        names.ShouldContain("top");
    }

    [Fact]
    public async Task Renamed_parameters_are_sent_by_their_own_names()
    {
        await Operation("""[{ "name": "filter[status]", "in": "query", "schema": { "type": "string" } }]""").InvokeAsync(JsonElement.Parse("""{"filter_status":"open"}"""), Scope);

        seen.Single().Line.ShouldBe("GET /api/things?filter%5Bstatus%5D=open");
    }

    [Theory]
    [InlineData("../admin")]
    [InlineData("a/../admin")]
    [InlineData("..\\admin")]
    [InlineData("./x")]
    public async Task A_path_that_leads_elsewhere_is_refused(string id)
    {
        (await CallAsync("getPet", JsonSerializer.Serialize(new { id }))).IsError.ShouldBeTrue();
        seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_header_that_is_not_ascii_is_told_to_the_model()
    {
        (await CallAsync("getPet", """{"id":"1","X-Trace":"Zürich"}""")).Text.ShouldContain("'X-Trace'");
        seen.ShouldBeEmpty();
    }

    [Fact]
    public void The_bound_of_a_response_has_a_bound() => Should.Throw<ArgumentOutOfRangeException>(() => OpenApiFunctions.Create(
        new OpenApiOptions { Document = Parsed(), Operations = ["getPet"], MaxResponseCharacters = int.MaxValue }, handler));

    [Fact]
    public async Task Redirects_are_errors_and_not_followed()
    {
        answer = context =>
        {
            context.Response.RedirectLocation = new Uri(server.Address, "secret").AbsoluteUri;
            return LocalServer.WriteAsync(context, 302, "");
        };

        (await CallAsync("getPet", """{"id":"1"}""")).Content.ShouldStartWith("Error: HTTP 302");
        seen.Count.ShouldBe(1);
    }

    [Fact]
    public void What_cannot_be_a_function_is_refused_at_registration()
    {
        Should.Throw<ArgumentException>(() => Create("nothing")).Message.ShouldContain("no operation 'nothing'");
        Should.Throw<ArgumentException>(() => Create("needsCookie")).Message.ShouldContain("cookie 'c'");
        var registry = new FunctionRegistry();
        registry.Add(() => 1, "getPet");
        Should.Throw<ArgumentException>(() => registry.AddOpenApi(Options("deletePet", "getPet"), handler)).Message.ShouldContain("registered already");
        registry.AddOpenApi(new OpenApiOptions { Document = Parsed(), Operations = ["getPet"], Prefix = "shop_" }, handler).Single().Name.ShouldBe("shop_getPet");
    }

    private static FunctionScope Scope { get; } = new(new CallingContext { UserId = "ada" });

    private OpenApiOptions Bound(string path, string parameters, string name) => new()
    {
        Document = JsonNode.Parse($$"""{ "paths": { "{{path}}": { "get": { "operationId": "orders", "parameters": {{parameters}} } } } }""")!.AsObject(),
        Operations = ["orders"],
        BaseAddress = new Uri(server.Address, "api/"),
        Fixed = new Dictionary<string, Func<FunctionScope, string?>> { [name] = scope => scope.Context.UserId },
    };

    private AgentFunction Operation(string parameters) => OpenApiFunctions.Create(
        new OpenApiOptions
        {
            Document = JsonNode.Parse(
                $$"""
                {
                  "paths": { "/things": { "get": { "operationId": "things", "parameters": {{parameters}} } } },
                  "components": {
                    "securitySchemes": {
                      "a": { "type": "apiKey", "in": "header", "name": "X-SHOP-KEY" },
                      "b": { "$ref": "#/components/securitySchemes/c" },
                      "c": { "type": "apiKey", "in": "query", "name": "token" }
                    }
                  }
                }
                """)!.AsObject(),
            Operations = ["things"],
            BaseAddress = new Uri(server.Address, "api/"),
        }, handler)[0];

    private static JsonObject Parsed() => JsonNode.Parse(Document)!.AsObject();

    private OpenApiOptions Options(params string[] operations) => Options(operations, null);

    private OpenApiOptions Options(string operation, Func<HttpRequestMessage, FunctionScope, CancellationToken, ValueTask>? authorize) => Options([operation], authorize);

    private OpenApiOptions Options(string[] operations, Func<HttpRequestMessage, FunctionScope, CancellationToken, ValueTask>? authorize) => new()
    {
        Document = Parsed(),
        Operations = operations,
        BaseAddress = new Uri(server.Address, "api/"),
        Authorize = authorize,
        MaxResponseCharacters = 100,
    };

    private IReadOnlyList<AgentFunction> Create(params string[] operations) => OpenApiFunctions.Create(Options(operations), handler);

    private Task<FunctionResult> CallAsync(string operation, string arguments) => Create(operation)[0].InvokeAsync(JsonElement.Parse(arguments), Scope).AsTask();

    private sealed class Outer(HttpMessageHandler inner) : DelegatingHandler(inner);
}
