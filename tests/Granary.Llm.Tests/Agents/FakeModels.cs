using System.Runtime.CompilerServices;
using Granary.Llm.Agents;
using Granary.Llm.Functions;
using Granary.Llm.Providers;
using Granary.Llm.Streaming;

namespace Granary.Llm.Tests.Agents;

/// <summary>Models that answer what the test says, one answer a call, and keep what they were asked.</summary>
internal sealed class FakeModels(params Func<IEnumerable<StreamEvent>>[] answers) : IChatModels
{
    public List<ChatRequest> Asked { get; } = [];

    public Task<ChatResponse> CompleteAsync(ChatRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async IAsyncEnumerable<StreamEvent> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Asked.Add(request);
        await Task.Yield();
        foreach (var next in answers[Math.Min(Asked.Count, answers.Length) - 1]())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return next;
        }
    }
}

/// <summary>Answers in events.</summary>
internal static class Answers
{
    public static Func<IEnumerable<StreamEvent>> Text(string text, ChatUsage? usage = null) => () =>
    [
        new(StreamEventKind.Start, Id: "a1", Name: "m"),
        new(StreamEventKind.Content, text),
        new(StreamEventKind.Usage, Usage: usage),
        new(StreamEventKind.Stop, Finish: ChatFinish.Stop),
        new(StreamEventKind.Done),
    ];

    public static Func<IEnumerable<StreamEvent>> Calls(params (string Name, string Arguments)[] calls) => CallsAfter("", calls);

    public static Func<IEnumerable<StreamEvent>> CallsAfter(string text, params (string Name, string Arguments)[] calls) => () =>
    [
        new(StreamEventKind.Start, Id: "a1", Name: "m"),
        .. text.Length == 0 ? Array.Empty<StreamEvent>() : [new(StreamEventKind.Content, text)],
        .. calls.SelectMany((call, index) => new StreamEvent[]
        {
            new(StreamEventKind.ToolCallStart, Index: index, Id: $"c{index}", Name: call.Name),
            new(StreamEventKind.ToolCallDelta, call.Arguments, index),
            new(StreamEventKind.ToolCallComplete, call.Arguments, index, $"c{index}", call.Name),
        }),
        new(StreamEventKind.Stop, Finish: ChatFinish.ToolCalls),
        new(StreamEventKind.Done),
    ];

    public static Func<IEnumerable<StreamEvent>> Broken(string text, string error) => () =>
        [new(StreamEventKind.Start, Id: "a1", Name: "m"), new(StreamEventKind.Content, text), new(StreamEventKind.Error, error)];

    public static Func<IEnumerable<StreamEvent>> Throws(Exception failure) => () => throw failure;

    public static FunctionRegistry Registry(params (string Name, Delegate Function)[] functions)
    {
        var registry = new FunctionRegistry();
        foreach (var (name, function) in functions)
        {
            registry.Add(function, name);
        }

        return registry;
    }

    public static async Task<List<ProxyEvent>> AllAsync(this IAsyncEnumerable<ProxyEvent> events)
    {
        var all = new List<ProxyEvent>();
        await foreach (var next in events)
        {
            all.Add(next);
        }

        return all;
    }
}
