using System.ComponentModel;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Granary.Llm.Agents;
using Granary.Llm.Functions;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Llm.Tests.Functions;

public class FunctionRegistryTests
{
    private static readonly FunctionScope Scope = new(new CallingContext { UserId = "ada" });

    public enum Unit
    {
        Celsius,
        Fahrenheit,
    }

    [Fact]
    public void A_methods_signature_becomes_a_schema()
    {
        var function = new FunctionRegistry().Add(Tools.Order);

        function.Name.ShouldBe("Order");
        function.Description.ShouldBe("Orders things.");
        JsonElement.DeepEquals(function.Parameters, JsonElement.Parse(
            """
            {
              "type": "object",
              "properties": {
                "lines": {
                  "description": "What to order.",
                  "type": "array",
                  "items": {
                    "type": "object",
                    "properties": {
                      "sku": { "description": "The article.", "type": "string" },
                      "count": { "type": "integer" },
                      "note": { "type": ["string", "null"], "default": null }
                    },
                    "required": ["sku", "count"]
                  }
                },
                "unit": { "type": "string", "enum": ["Celsius", "Fahrenheit"], "default": "Fahrenheit" },
                "comment": { "type": "string" },
                "limit": { "type": ["integer", "null"] }
              },
              "required": ["lines"]
            }
            """)).ShouldBeTrue(function.Parameters.GetRawText());
    }

    [Fact]
    public async Task Arguments_are_bound_and_the_rest_comes_from_the_call()
    {
        var registry = new FunctionRegistry();
        registry.Add(Tools.Order);

        (await CallAsync(registry, "Order", """{"lines":[{"sku":"A1","count":2}],"unit":"celsius","comment":null}"""))
            .ShouldBe(new FunctionResult("A1 x2 Celsius - ada 7", false));
        (await CallAsync(registry, "Order", """{"lines":[],"limit":3}""")).Text.ShouldBe(" Fahrenheit - ada 3");
    }

    [Theory]
    [InlineData("{}", "the argument 'lines' is missing")]
    [InlineData("""{"lines":null}""", "the argument 'lines' must not be null")]
    [InlineData("""{"lines":[],"more":1}""", "there is no argument 'more'; the arguments are: lines, unit, comment, limit")]
    [InlineData("""{"lines":"x"}""", "the argument 'lines' cannot be read")]
    [InlineData("""{"lines":[{"sku":"A"}]}""", "the argument 'lines' cannot be read")]
    [InlineData("""{"lines":[{"sku":null,"count":1}]}""", "the argument 'lines' cannot be read")]
    [InlineData("""{"lines":[],"unit":1}""", "the argument 'unit' cannot be read")]
    [InlineData("""{"lines":[],"unit":"Kelvin"}""", "the argument 'unit' cannot be read")]
    [InlineData("""{"lines":[],"limit":"3"}""", "the argument 'limit' cannot be read")]
    [InlineData("[]", "the arguments must be a JSON object")]
    public async Task Wrong_arguments_are_told_to_the_model(string arguments, string message)
    {
        var registry = new FunctionRegistry();
        registry.Add(Tools.Order);

        var result = await CallAsync(registry, "Order", arguments);

        result.IsError.ShouldBeTrue();
        result.Text.ShouldStartWith(message);
        result.Content.ShouldStartWith("Error: ");
    }

    [Fact]
    public async Task Services_are_not_shown_to_the_model_and_are_given()
    {
        await using var services = new ServiceCollection().AddSingleton<IClock>(new Clock()).BuildServiceProvider();
        var registry = new FunctionRegistry(services: services);
        var function = registry.Add((IClock clock, string zone) => $"{clock.Now} {zone}", "now");

        function.Parameters.GetProperty("properties").EnumerateObject().Single().Name.ShouldBe("zone");
        (await CallAsync(registry, "now", """{"zone":"UTC"}""")).Text.ShouldBe("noon UTC");
        Should.Throw<ArgumentException>(() => new FunctionRegistry().Add((IClock clock) => clock.Now, "now")).Message.ShouldContain("IClock");
    }

    [Fact]
    public async Task Results_of_every_kind_become_text()
    {
        var registry = new FunctionRegistry();
        registry.Add(() => { }, "nothing");
        registry.Add(() => Task.CompletedTask, "task");
        registry.Add(() => ValueTask.CompletedTask, "value_task");
        registry.Add(() => Task.FromResult("text"), "task_text");
        registry.Add(() => ValueTask.FromResult(new Line("Ä", 1)), "value_task_object");
        registry.Add(() => (string?)null, "null");
        registry.Add(() => Unit.Celsius, "enum");

        (await TextAsync("nothing")).ShouldBe("Done.");
        (await TextAsync("task")).ShouldBe("Done.");
        (await TextAsync("value_task")).ShouldBe("Done.");
        (await TextAsync("task_text")).ShouldBe("text");
        (await TextAsync("value_task_object")).ShouldBe("""{"sku":"Ä","count":1,"note":null}""");
        (await TextAsync("null")).ShouldBe("null");
        (await TextAsync("enum")).ShouldBe("\"Celsius\"");

        async Task<string> TextAsync(string name) => (await CallAsync(registry, name, "{}")).Text;
    }

    [Fact]
    public async Task A_recursive_type_points_to_itself_where_it_stands()
    {
        var registry = new FunctionRegistry();
        var function = registry.Add((Node tree) => Depth(tree), "depth");

        function.Parameters.GetRawText().ShouldContain("\"$ref\":\"#/properties/tree");
        (await CallAsync(registry, "depth", """{"tree":{"child":{"child":null}}}""")).Text.ShouldBe("2");

        static int Depth(Node? node) => node is null ? 0 : 1 + Depth(node.Child);
    }

    [Fact]
    public async Task Untyped_parameters_are_dropped()
    {
        var registry = new FunctionRegistry();
        var function = registry.Add((object? anything, int number) => $"{anything ?? "none"} {number}", "untyped");

        function.Parameters.GetProperty("properties").EnumerateObject().Single().Name.ShouldBe("number");
        (await CallAsync(registry, "untyped", """{"number":1}""")).Text.ShouldBe("none 1");
    }

    [Fact]
    public async Task Collisions_are_refused_and_leave_nothing_behind()
    {
        var registry = new FunctionRegistry();
        registry.Add(() => 1, "Two");

        Should.Throw<ArgumentException>(() => registry.Add(() => 2, "Two")).Message.ShouldContain("'Two' is registered already");
        Should.Throw<ArgumentException>(() => registry.AddObject(new Pair()));
        (await registry.ListAsync()).Select(f => f.Name).ShouldBe(["Two"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("naïve")]
    [InlineData("a.b")]
    [InlineData("21st_search")]
    [InlineData("-x")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234x")]
    public void Names_that_a_provider_refuses_are_refused_at_registration(string name) =>
        Should.Throw<ArgumentException>(() => new FunctionRegistry().Add(() => 1, name)).Message.ShouldContain("1 to 64");

    [Fact]
    public void A_lambda_needs_a_name() => Should.Throw<ArgumentException>(() => new FunctionRegistry().Add(() => 1));

    [Fact]
    public void Names_made_of_others_are_valid_and_stay_apart()
    {
        var made = new[] { "get/users", "get.users", new string('x', 64) + "a", new string('x', 64) + "b", "ok_name", "", "3d", "_3d", "-x" }.Select(FunctionNames.From).ToArray();

        made.ShouldAllBe(name => FunctionNames.IsValid(name));
        made.Distinct().Count().ShouldBe(made.Length);
        made[4].ShouldBe("ok_name");
    }

    [Fact]
    public async Task A_source_that_fails_takes_only_its_own_functions_away()
    {
        var registry = new FunctionRegistry();
        registry.Add(() => 1, "mine");
        registry.AddSource(new Source("down", () => throw new InvalidOperationException("down")));
        registry.AddSource(new Source("up", () => [new FunctionRegistry().Add(() => 2, "theirs"), new FunctionRegistry().Add(() => 3, "mine")]));

        (await registry.ListAsync()).Select(f => f.Name).ShouldBe(["mine", "theirs"]);
        (await CallAsync(registry, "mine", "{}")).Text.ShouldBe("1");
        Should.Throw<ArgumentException>(() => registry.AddSource(new Source("up", () => []))).Message.ShouldContain("'up'");
    }

    [Fact]
    public async Task Cancellation_is_the_only_thing_that_is_thrown()
    {
        var registry = new FunctionRegistry();
        registry.Add(async (CancellationToken token) => await Task.Delay(Timeout.Infinite, token), "wait");
        registry.Add(new Action(() => throw new OperationCanceledException("own reasons")), "gives_up");
        using var cancel = new CancellationTokenSource();

        var call = registry.InvokeAsync("wait", JsonElement.Parse("{}"), Scope, cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
        (await CallAsync(registry, "gives_up", "{}")).Content.ShouldBe("Error: own reasons");
    }

    [Fact]
    public void Any_arguments_give_a_result_and_no_exception()
    {
        var registry = new FunctionRegistry();
        registry.Add(Tools.Order);
        registry.Add((Node tree) => tree, "tree");
        registry.Add((Dictionary<string, DateTimeOffset> times, Guid? id, byte[]? bytes, Uri? link, TimeSpan? span) => times.Count, "odd");
        registry.Add((JsonElement any, decimal money, char letter) => any, "any");
        var names = new[] { "lines", "unit", "tree", "times", "id", "any", "money", "letter", "bytes", "link", "span", "child", "sku", "count", "x" };
        var leaf = Gen.OneOf(
            Gen.Elements("null", "true", "1", "-0", "1e999", "12345678901234567890", "\"\"", "\"\\ud800\"", "\"x\"", "[]", "{}", "\"Celsius\"", "\"2026-01-01T00:00:00Z\""),
            ArbMap.Default.GeneratorFor<string>().Where(text => text is not null).Select(text => JsonSerializer.Serialize(text)));
        var json = Gen.Sized(size => Value(Math.Min(size, 4)));
        var property = Prop.ForAll(json.ToArbitrary(), text =>
        {
            using var document = JsonDocument.Parse(text);
            foreach (var name in new[] { "Order", "tree", "odd", "any", "missing" })
            {
                var call = registry.InvokeAsync(name, document.RootElement, Scope).AsTask();
                if (!call.Wait(TimeSpan.FromSeconds(30)) || call.Result.Text is null)
                {
                    return false;
                }
            }

            return true;
        });

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), property);

        Gen<string> Value(int depth) => depth == 0
            ? leaf
            : Gen.Frequency(
                (2, leaf),
                (1, Value(depth - 1).ListOf(3).Select(items => "[" + string.Join(',', items) + "]")),
                (4, Gen.Elements(names).Zip(Value(depth - 1)).ListOf(4)
                    .Select(entries => "{" + string.Join(',', entries.Select(entry => $"\"{entry.Item1}\":{entry.Item2}")) + "}")));
    }

    private static Task<FunctionResult> CallAsync(FunctionRegistry registry, string name, string arguments) =>
        registry.InvokeAsync(name, JsonElement.Parse(arguments), Scope).AsTask();

    public sealed record Line([property: Description("The article.")] string Sku, int Count, string? Note = null);

    public sealed record Node(Node? Child, int Value = 0);

    public interface IClock
    {
        string Now { get; }
    }

    private sealed class Clock : IClock
    {
        public string Now => "noon";
    }

    private sealed class Source(string name, Func<IReadOnlyList<AgentFunction>> list) : IFunctionSource
    {
        public string Name => name;

        public ValueTask<IReadOnlyList<AgentFunction>> ListAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(list());
    }

    private sealed class Pair
    {
        public int One() => 1;

        public int Two() => 2;
    }

    private static class Tools
    {
        [Description("Orders things.")]
        public static Task<string> Order(
            [Description("What to order.")] IReadOnlyList<Line> lines,
            CallingContext context,
            CancellationToken cancellationToken,
            Unit unit = Unit.Fahrenheit,
            string? comment = null,
            int? limit = null) =>
            Task.FromResult($"{string.Join(',', lines.Select(line => $"{line.Sku} x{line.Count}"))} {unit} {comment ?? "-"} {context.UserId} {limit ?? 7}");
    }
}
