using System.ComponentModel;
using System.Text.Json;
using Granary.Conformance.Time;
using Granary.Llm.Agents;
using Granary.Llm.Functions;
using Granary.Llm.Providers;
using Granary.Llm.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Tests.Agents;

public class MemoryProxyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static Func<IEnumerable<StreamEvent>> Ending(ChatFinish finish, bool isDone) => () =>
    [
        .. Answers.CallsAfter("Wait. ", ("delete_notes", "{}"))().Where(e => e.Kind is not (StreamEventKind.Stop or StreamEventKind.Done)),
        .. finish == ChatFinish.Unknown ? Array.Empty<StreamEvent>() : [new(StreamEventKind.Stop, Finish: finish)],
        .. isDone ? [new(StreamEventKind.Done)] : Array.Empty<StreamEvent>(),
    ];

    [Fact]
    public async Task Events_come_in_the_order_of_the_table()
    {
        var models = new FakeModels(Answers.CallsAfter("Let me see. ", ("weather", """{"city":"Rome"}""")), Answers.Text("Sunny."));
        var proxy = new MemoryProxy(models, functions: Answers.Registry(("weather", (string city) => $"sun in {city}")));

        var events = await proxy.StreamAsync("How is it?").AllAsync();

        events.Where(e => e is not RelayedPiece).Select(e => e.Type).ShouldBe(
            ["iteration_start", "function_announcement", "function_call_start", "function_call_complete", "iteration_start", "completion"]);
        events[0].ShouldBe(new IterationStart(1, 10));
        events.OfType<RelayedPiece>().Select(e => e.Piece.Kind).First().ShouldBe(StreamEventKind.Start);
        var announced = events.OfType<FunctionAnnouncement>().Single();
        announced.FunctionName.ShouldBe("weather");
        announced.Arguments.GetProperty("city").GetString().ShouldBe("Rome");
        events.OfType<FunctionCallStart>().Single().Arguments.GetRawText().ShouldBe("""{"city":"Rome"}""");
        events.OfType<FunctionCallComplete>().Single().Result.ShouldBe("sun in Rome");
        var completion = events[^1].ShouldBeOfType<Completion>();
        completion.FinalResponse.ShouldBe("Sunny.");
        completion.TotalIterations.ShouldBe(2);
    }

    [Fact]
    public void Events_as_json_have_the_names_of_the_table()
    {
        Json(new IterationStart(1, 5)).ShouldBe("""{"type":"iteration_start","iteration":1,"max_iterations":5}""");
        Json(new FunctionCallError("f", "no", "c0")).ShouldBe("""{"type":"function_call_error","function_name":"f","error":"no","call_id":"c0"}""");
        Json(new IterationError(2, "lost")).ShouldBe("""{"type":"error","iteration":2,"error":"lost"}""");
        Json(new Completion("done", 3, null)).ShouldBe("""{"type":"completion","final_response":"done","total_iterations":3}""");
        Json(new Completion("done", 1, new ChatUsage(10, 2, 8))).ShouldBe(
            """{"type":"completion","final_response":"done","total_iterations":1,"usage":{"input_tokens":10,"output_tokens":2,"total_tokens":12,"cached_input_tokens":8,"cache_write_tokens":0,"reasoning_tokens":0}}""");
        Json(new RelayedPiece(new StreamEvent(StreamEventKind.Content, "Hi"))).ShouldBe("""{"type":"raw","piece":{"kind":"content","text":"Hi"}}""");
        Json(new RelayedPiece(new StreamEvent(StreamEventKind.ToolCallStart, Id: "c0", Name: "f"))).ShouldBe("""{"type":"raw","piece":{"kind":"tool_call_start","index":0,"id":"c0","name":"f"}}""");
        Json(new RelayedPiece(new StreamEvent(StreamEventKind.Stop, Finish: ChatFinish.ContentFilter))).ShouldBe("""{"type":"raw","piece":{"kind":"stop","finish":"content_filter"}}""");

        static string Json(ProxyEvent next) => JsonSerializer.Serialize(next);
    }

    [Fact]
    public void Events_are_read_back_from_json()
    {
        ProxyEvent[] all =
        [
            new RelayedPiece(new StreamEvent(StreamEventKind.ToolCallComplete, "{}", 3, "c3", "f")),
            new RelayedPiece(new StreamEvent(StreamEventKind.Usage, Usage: new ChatUsage(10, 2, 8, 1, 1, 40))),
            new Completion("done", 1, new ChatUsage(10, 2)),
        ];

        JsonSerializer.Deserialize<ProxyEvent[]>(JsonSerializer.Serialize(all))!.ShouldBe(all);
    }

    [Fact]
    public async Task What_the_session_is_about_a_plan_and_files_reach_the_model()
    {
        var models = new FakeModels(Answers.Text("ok"));
        var context = new CallingContext
        {
            SessionContext = "A claim about a broken window.",
            Plan = "First ask for the date.",
            FileUris = ["https://example.com/window.PNG?x=1", "gs://claims/report.pdf"],
        };

        await new MemoryProxy(models, new AgentModel { Name = "Guide", Namespace = "n", Description = "You guide." }).RunAsync("How bad is it?", context);
        await new MemoryProxy(models).RunAsync("How bad is it?", context);

        var system = models.Asked[0].Messages[0];
        system.Role.ShouldBe(MessageRole.System);
        system.Content.ShouldStartWith("You guide.");
        system.Content.ShouldContain("A claim about a broken window.");
        system.Content.ShouldContain("First ask for the date.");
        var question = models.Asked[0].Messages[^1];
        question.Content.ShouldBe("How bad is it?");
        question.Media!.Select(m => (m.Type, m.Url)).ShouldBe([(MediaKind.Image, context.FileUris[0]), (MediaKind.File, context.FileUris[1])]);
        models.Asked[1].Messages[0].Content.ShouldContain("A claim about a broken window.");
    }

    [Fact]
    public async Task The_model_sees_system_prompt_then_history_then_question_then_results()
    {
        var models = new FakeModels(Answers.Calls(("weather", "{}")), Answers.Text("Sunny."));
        var proxy = new MemoryProxy(models, new AgentModel { Name = "Guide", Namespace = "n", Description = "You guide." }, Answers.Registry(("weather", () => "sun")));
        var context = new CallingContext { Messages = [new ModelMessage { Role = MessageRole.User, Content = "Hello" }], Model = "claude-x", Temperature = 0.3, MaxTokens = 77 };

        await proxy.RunAsync("How is it?", context);

        var second = models.Asked[1];
        second.Messages.Select(m => m.Role).ShouldBe([MessageRole.System, MessageRole.User, MessageRole.User, MessageRole.Assistant, MessageRole.Tool]);
        second.Messages[0].Content.ShouldBe("You guide.");
        second.Messages[2].Content.ShouldBe("How is it?");
        second.Messages[3].ToolCalls!.Single().Id.ShouldBe("c0");
        second.Messages[4].ToolCallId.ShouldBe("c0");
        second.Messages[4].Content.ShouldBe("sun");
        (second.Model, second.Temperature, second.MaxTokens).ShouldBe(("claude-x", 0.3, 77));
        second.Tools.Single().Name.ShouldBe("weather");
    }

    [Fact]
    public async Task Parallel_tools_complete_out_of_order_and_results_stay_in_order()
    {
        var slow = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var models = new FakeModels(Answers.Calls(("slow", "{}"), ("fast", "{}")), Answers.Text("ok"));
        var proxy = new MemoryProxy(models, functions: Answers.Registry(("slow", () => slow.Task), ("fast", () => "quick")));

        var order = new List<string>();
        await foreach (var next in proxy.StreamAsync("go").WithCancellation(new CancellationTokenSource(Patience).Token))
        {
            if (next is FunctionCallComplete complete)
            {
                order.Add(complete.FunctionName);
                slow.TrySetResult("late");
            }
        }

        order.ShouldBe(["fast", "slow"]);
        models.Asked[1].Messages.Where(m => m.Role == MessageRole.Tool).Select(m => m.Content).ShouldBe(["late", "quick"]);
    }

    [Fact]
    public async Task Only_as_many_tools_run_at_once_as_allowed()
    {
        var running = 0;
        var most = 0;
        var models = new FakeModels(Answers.Calls([.. Enumerable.Repeat(("work", "{}"), 9)]), Answers.Text("ok"));
        var proxy = new MemoryProxy(
            models,
            functions: Answers.Registry(("work", async () =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref running);
            })),
            options: new MemoryProxyOptions { Loop = new ToolLoopOptions { MaxParallelTools = 2 } });

        (await proxy.RunAsync("go")).ShouldBe("ok");

        most.ShouldBeInRange(1, 2);

        static void InterlockedMax(ref int place, int value)
        {
            int seen;
            while ((seen = Volatile.Read(ref place)) < value && Interlocked.CompareExchange(ref place, value, seen) != seen)
            {
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tool_that_hangs_is_told_to_the_model_as_an_error(bool listens)
    {
        var time = new ManualTimeProvider();
        var models = new FakeModels(Answers.Calls(("hang", "{}")), Answers.Text("Without it, then."));
        var proxy = new MemoryProxy(
            models,
            functions: Answers.Registry(("hang", (CancellationToken token) => Task.Delay(Timeout.Infinite, listens ? token : CancellationToken.None))),
            options: new MemoryProxyOptions { Loop = new ToolLoopOptions { ToolTimeout = TimeSpan.FromSeconds(5) } },
            time: time);

        var run = proxy.StreamAsync("go").AllAsync();
        await time.UntilTimersAsync(1);
        time.Advance(TimeSpan.FromSeconds(5));
        var events = await run.WaitAsync(Patience);

        events.OfType<FunctionCallError>().Single().Error.ShouldBe("no result within 5 s");
        models.Asked[1].Messages[^1].ToolError.ShouldBe("no result within 5 s");
        events[^1].ShouldBeOfType<Completion>().FinalResponse.ShouldBe("Without it, then.");
    }

    [Fact]
    public async Task A_tool_that_throws_is_told_to_the_model_as_an_error()
    {
        var models = new FakeModels(Answers.Calls(("bad", "{}")), Answers.Text("Sorry."));
        var proxy = new MemoryProxy(models, functions: Answers.Registry(("bad", new Func<string>(() => throw new InvalidOperationException("out of paper")))));

        var events = await proxy.StreamAsync("go").AllAsync();

        events.OfType<FunctionCallError>().Single().Error.ShouldBe("out of paper");
        models.Asked[1].Messages[^1].ToolError.ShouldBe("out of paper");
    }

    [Fact]
    public async Task An_unknown_tool_is_told_to_the_model_as_an_error()
    {
        var models = new FakeModels(Answers.Calls(("nothing", "{}")), Answers.Text("Sorry."));

        var events = await new MemoryProxy(models).StreamAsync("go").AllAsync();

        events.OfType<FunctionCallError>().Single().Error.ShouldBe("there is no function 'nothing'");
        events[^1].ShouldBeOfType<Completion>().FinalResponse.ShouldBe("Sorry.");
    }

    [Theory]
    [InlineData("{\"city\": \"Ro")]
    [InlineData("Rome")]
    [InlineData("[1]")]
    public async Task Arguments_that_are_no_object_are_shown_raw_and_not_run(string text)
    {
        var ran = false;
        var models = new FakeModels(Answers.Calls(("weather", text)), Answers.Text("Sorry."));
        var proxy = new MemoryProxy(models, functions: Answers.Registry(("weather", (string? raw) => ran = true)));

        var events = await proxy.StreamAsync("go").AllAsync();

        events.OfType<FunctionAnnouncement>().Single().Arguments.GetProperty("raw").GetString().ShouldBe(text);
        events.OfType<FunctionCallError>().Single().Error.ShouldContain("no JSON object");
        models.Asked[1].Messages[^2].ToolCalls!.Single().Arguments.GetProperty("raw").GetString().ShouldBe(text);
        ran.ShouldBeFalse();
    }

    [Fact]
    public async Task Huge_results_are_cut_with_a_mark()
    {
        var models = new FakeModels(Answers.Calls(("read", "{}")), Answers.Text("ok"));
        var proxy = new MemoryProxy(
            models,
            functions: Answers.Registry(("read", () => new string('x', 9) + "😀" + new string('y', 5_000_000))),
            options: new MemoryProxyOptions { Loop = new ToolLoopOptions { MaxResultCharacters = 10 } });

        await proxy.RunAsync("go");

        models.Asked[1].Messages[^1].Content.ShouldBe("xxxxxxxxx… [cut: 5000002 more characters]");
    }

    [Fact]
    public async Task The_loop_ends_at_its_cap_with_the_last_text()
    {
        var ran = 0;
        var models = new FakeModels(Answers.CallsAfter("Once more. ", ("work", "{}")));
        var proxy = new MemoryProxy(models, functions: Answers.Registry(("work", () => ++ran)));

        var events = await proxy.StreamAsync("go", maxIterations: 3).AllAsync();

        models.Asked.Count.ShouldBe(3);
        ran.ShouldBe(3);
        var completion = events[^1].ShouldBeOfType<Completion>();
        completion.TotalIterations.ShouldBe(3);
        completion.FinalResponse.ShouldBe("Once more. ");
    }

    [Fact]
    public async Task A_context_may_lower_the_cap_but_not_raise_it()
    {
        var models = new FakeModels(Answers.Calls(("work", "{}")));
        var proxy = new MemoryProxy(models, functions: Answers.Registry(("work", () => 1)));

        await proxy.RunAsync("go", new CallingContext { MaxIterations = 2 });
        await proxy.RunAsync("go", new CallingContext { MaxIterations = 50 }, maxIterations: 1);

        models.Asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_model_that_says_nothing_gives_the_agreed_text() =>
        (await new MemoryProxy(new FakeModels(Answers.Text(""))).RunAsync("go")).ShouldBe("I'm not sure how to respond to that.");

    [Fact]
    public async Task A_model_that_fails_is_an_event_and_a_text_but_no_exception()
    {
        var models = new FakeModels(Answers.Throws(new ProviderException("openai", "the provider is down", 502)));

        var events = await new MemoryProxy(models).StreamAsync("go").AllAsync();

        events.Select(e => e.Type).ShouldBe(["iteration_start", "error", "completion"]);
        events[1].ShouldBe(new IterationError(1, "the provider is down"));
        (await new MemoryProxy(models).RunAsync("go")).ShouldBe("Error: the provider is down");
    }

    [Fact]
    public async Task An_answer_that_breaks_off_keeps_its_text_and_runs_no_tools()
    {
        var models = new FakeModels(Answers.Broken("Half of", "the stream broke off"));

        var events = await new MemoryProxy(models).StreamAsync("go").AllAsync();

        events.OfType<IterationError>().Single().Error.ShouldBe("the stream broke off");
        events[^1].ShouldBeOfType<Completion>().FinalResponse.ShouldBe("Half of");
    }

    [Theory]
    [InlineData(ChatFinish.Length, true)]
    [InlineData(ChatFinish.ContentFilter, true)]
    [InlineData(ChatFinish.Stop, true)]
    [InlineData(ChatFinish.Unknown, false)]
    public async Task Tools_of_an_answer_that_was_cut_are_not_run(ChatFinish finish, bool isDone)
    {
        var ran = 0;
        var models = new FakeModels(Ending(finish, isDone), Answers.Text("Deleted."));
        var proxy = new MemoryProxy(models, functions: Answers.Registry(("delete_notes", () => ++ran)));

        var events = await proxy.StreamAsync("go").AllAsync();

        ran.ShouldBe(0);
        models.Asked.Count.ShouldBe(1);
        events.OfType<IterationError>().Single().Error.ShouldContain("not run");
        events[^1].ShouldBeOfType<Completion>().FinalResponse.ShouldBe("Wait. ");
    }

    [Fact]
    public async Task Tools_of_an_answer_that_ended_well_without_a_reason_are_run()
    {
        var ran = 0;
        var models = new FakeModels(Ending(ChatFinish.Unknown, isDone: true), Answers.Text("Deleted."));

        (await new MemoryProxy(models, functions: Answers.Registry(("delete_notes", () => ++ran))).RunAsync("go")).ShouldBe("Deleted.");

        ran.ShouldBe(1);
    }

    [Fact]
    public async Task A_failure_after_tools_is_not_hidden_by_earlier_text()
    {
        var models = new FakeModels(Answers.CallsAfter("Let me see.", ("work", "{}")), Answers.Throws(new ProviderException("p", "down", 503)));

        (await new MemoryProxy(models, functions: Answers.Registry(("work", () => 1))).RunAsync("go")).ShouldBe("Error: down");
    }

    [Fact]
    public async Task Tools_get_the_services_of_the_calls_scope()
    {
        await using var root = new ServiceCollection().AddScoped<Unit>().BuildServiceProvider();
        await using var scope = root.CreateAsyncScope();
        Unit? given = null;
        var registry = new FunctionRegistry(services: root);
        registry.Add((Unit unit) => { given = unit; }, "work");

        await new MemoryProxy(new FakeModels(Answers.Calls(("work", "{}")), Answers.Text("ok")), functions: registry)
            .RunAsync("go", new CallingContext { Services = scope.ServiceProvider });

        given.ShouldBeSameAs(scope.ServiceProvider.GetRequiredService<Unit>());
    }

    [Fact]
    public async Task A_name_that_is_taken_is_warned_of_once()
    {
        var warnings = new Warnings();
        var agent = new AgentModel { Name = "A", Namespace = "n", Functions = [new FunctionRegistry().Add(() => 1, "work")] };
        var registry = new FunctionRegistry(logger: new Logger<FunctionRegistry>(warnings));
        registry.Add(() => 2, "work");
        registry.AddSource(new Source("theirs", [new FunctionRegistry().Add(() => 3, "work")]));
        var proxy = new MemoryProxy(new FakeModels(Answers.Text("ok")), agent, registry, logger: new Logger<MemoryProxy>(warnings));

        await proxy.RunAsync("go");
        await proxy.RunAsync("go");

        warnings.Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_callers_cancellation_ends_the_loop_and_its_tools()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var models = new FakeModels(Answers.Calls(("wait", "{}")));
        var proxy = new MemoryProxy(models, functions: Answers.Registry(("wait", async (CancellationToken token) =>
        {
            token.Register(() => stopped.TrySetResult());
            started.TrySetResult();
            await Task.Delay(Timeout.Infinite, token);
        })));
        using var cancel = new CancellationTokenSource();

        var run = proxy.RunAsync("go", cancellationToken: cancel.Token);
        await started.Task.WaitAsync(Patience);
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => run.WaitAsync(Patience));
        await stopped.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Listeners_that_fail_change_nothing()
    {
        var heard = new List<string>();
        var context = new CallingContext
        {
            StreamingCallback = (next, _) =>
            {
                heard.Add(next.Type);
                throw new InvalidOperationException();
            },
            ResponseCallback = (text, _) =>
            {
                heard.Add(text);
                throw new InvalidOperationException();
            },
        };

        (await new MemoryProxy(new FakeModels(Answers.Text("Hi"))).RunAsync("go", context)).ShouldBe("Hi");

        heard.ShouldContain("completion");
        heard.ShouldContain("Hi");
    }

    [Fact]
    public async Task The_form_of_the_answer_is_the_contexts_then_the_agents_then_any_json()
    {
        var agents = new ResponseFormat("agent");
        var models = new FakeModels(Answers.Text("{}"));
        var plain = new MemoryProxy(models);
        var formed = new MemoryProxy(models, new AgentModel { Name = "A", Namespace = "n", ResponseFormat = agents });

        await plain.RunAsync("go");
        await plain.RunAsync("go", new CallingContext { PreferJson = true });
        await formed.RunAsync("go", new CallingContext { PreferJson = true });
        await formed.RunAsync("go", new CallingContext { ResponseModel = new ResponseFormat("own") });

        models.Asked.Select(a => a.ResponseFormat?.Name).ShouldBe([null, "answer", "agent", "own"]);
    }

    [Fact]
    public async Task Tokens_of_all_iterations_are_added_up()
    {
        var models = new FakeModels(
            () => [.. Answers.Calls(("work", "{}"))(), new(StreamEventKind.Usage, Usage: new ChatUsage(10, 2))],
            Answers.Text("ok", new ChatUsage(20, 3, CachedInputTokens: 8)));

        var events = await new MemoryProxy(models, functions: Answers.Registry(("work", () => 1))).StreamAsync("go").AllAsync();

        var usage = events.OfType<Completion>().Single().Usage!;
        (usage.InputTokens, usage.OutputTokens, usage.CachedInputTokens, usage.TotalTokens).ShouldBe((30, 5, 8, 35));
    }

    [Fact]
    public async Task More_functions_than_a_provider_takes_are_chosen_by_the_question()
    {
        var models = new FakeModels(Answers.Text("ok"));
        var registry = new FunctionRegistry();
        for (var i = 0; i < 30; i++)
        {
            registry.Add(() => i, $"other_{i}", "Does something else.");
        }

        registry.Add(() => 1, "send_invoice", "Sends an invoice to a customer.");
        var agent = new AgentModel { Name = "A", Namespace = "n", Functions = [new FunctionRegistry().Add(() => 1, "own")] };

        await new MemoryProxy(models, agent, registry, options: new MemoryProxyOptions { MaxFunctions = 3 }).RunAsync("Please send the invoices");

        var offered = models.Asked.Single().Tools.Select(t => t.Name).ToArray();
        offered.Length.ShouldBe(3);
        offered.ShouldContain("own");
        offered.ShouldContain("send_invoice");
    }

    [Fact]
    public async Task Tools_of_the_caller_are_left_to_the_caller()
    {
        var ran = false;
        var models = new FakeModels(Answers.Calls(("mine", "{}"), ("theirs", "{}")));
        var conversation = new ModelsConversation(models, new ChatRequest { Model = "m", Messages = [] });
        var functions = new Dictionary<string, AgentFunction> { ["mine"] = new FunctionRegistry().Add(() => ran = true, "mine") };

        var events = await new ToolLoop().RunAsync(conversation, functions, new CallingContext(), 5, new HashSet<string> { "theirs" }).AllAsync();

        ran.ShouldBeFalse();
        models.Asked.Count.ShouldBe(1);
        events[^1].ShouldBeOfType<Completion>();
        events.OfType<FunctionAnnouncement>().Count().ShouldBe(2);
    }

    [Fact]
    public void Two_functions_of_one_name_are_refused_at_the_start()
    {
        var twice = new FunctionRegistry().Add(() => 1, "twice");

        Should.Throw<ArgumentException>(() => new MemoryProxy(new FakeModels(), new AgentModel { Name = "A", Namespace = "n", Functions = [twice, twice] }))
            .Message.ShouldContain("twice");
    }

    [Fact]
    public async Task An_agents_methods_are_its_tools()
    {
        var models = new FakeModels(Answers.Calls(("Add", """{"left":2,"right":3}""")), Answers.Text("5"));

        (await new MemoryProxy(models, Abstracted.Of(new Calculator())).RunAsync("2 + 3?")).ShouldBe("5");

        models.Asked[1].Messages[^1].Content.ShouldBe("5");
        models.Asked[0].Messages[0].Content.ShouldBe("You calculate.");
    }

    [Description("You calculate.")]
    public sealed class Calculator
    {
        [Description("Adds two numbers.")]
        public int Add(int left, int right) => left + right;
    }

    private sealed class Unit;

    private sealed class Source(string name, IReadOnlyList<AgentFunction> functions) : IFunctionSource
    {
        public string Name => name;

        public ValueTask<IReadOnlyList<AgentFunction>> ListAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(functions);
    }

    private sealed class Warnings : ILoggerFactory, ILogger
    {
        private int count;

        public int Count => count;

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Interlocked.Increment(ref count);

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }
}
