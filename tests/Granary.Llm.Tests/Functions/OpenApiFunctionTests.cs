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
    private readonly HttpClient client = new();
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
        client.Dispose();
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
            client)[0];

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
        var call = OpenApiFunctions.Create(Options("getPet"), client, time)[0].InvokeAsync(JsonElement.Parse("""{"id":"1"}"""), Scope).AsTask();

        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60));
        time.Advance(TimeSpan.FromSeconds(30));

        (await call.WaitAsync(TimeSpan.FromSeconds(60))).Content.ShouldBe("Error: no answer within 30 s");
    }

    [Fact]
    public void What_cannot_be_a_function_is_refused_at_registration()
    {
        Should.Throw<ArgumentException>(() => Create("nothing")).Message.ShouldContain("no operation 'nothing'");
        Should.Throw<ArgumentException>(() => Create("needsCookie")).Message.ShouldContain("cookie 'c'");
        var registry = new FunctionRegistry();
        registry.Add(() => 1, "getPet");
        Should.Throw<ArgumentException>(() => registry.AddOpenApi(Options("deletePet", "getPet"), client)).Message.ShouldContain("registered already");
        registry.AddOpenApi(new OpenApiOptions { Document = Parsed(), Operations = ["getPet"], Prefix = "shop_" }, client).Single().Name.ShouldBe("shop_getPet");
    }

    private static FunctionScope Scope { get; } = new(new CallingContext { UserId = "ada" });

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

    private IReadOnlyList<AgentFunction> Create(params string[] operations) => OpenApiFunctions.Create(Options(operations), client);

    private Task<FunctionResult> CallAsync(string operation, string arguments) => Create(operation)[0].InvokeAsync(JsonElement.Parse(arguments), Scope).AsTask();
}
