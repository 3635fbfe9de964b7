using System.Collections.Concurrent;
using Granary.Llm.Providers;
using Granary.Llm.Streaming;

namespace Granary.Llm.Tests.Models;

/// <summary>Models that answer what a test says.</summary>
internal sealed class ScriptedModels : IChatModels
{
    private readonly ConcurrentQueue<Func<CancellationToken, Task<ChatResponse>>> _answers = new();

    public ConcurrentQueue<ChatRequest> Requests { get; } = new();

    public void Answers(params string[] texts) =>
        Responses([.. texts.Select(text => new ChatResponse { Id = "1", Model = "m", Content = text, Finish = ChatFinish.Stop, Usage = new ChatUsage(4_000, 10) })]);

    public void Responses(params ChatResponse[] responses)
    {
        foreach (var response in responses)
            _answers.Enqueue(_ => Task.FromResult(response));
    }

    public void Fails(Exception error) => _answers.Enqueue(_ => Task.FromException<ChatResponse>(error));

    public void Hangs() => _answers.Enqueue(async token =>
    {
        await Task.Delay(Timeout.Infinite, token);
        throw new InvalidOperationException();
    });

    public Task<ChatResponse> CompleteAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        Requests.Enqueue(request);
        return _answers.TryDequeue(out var answer) ? answer(cancellationToken) : throw new InvalidOperationException("Nobody said what to answer.");
    }

    public IAsyncEnumerable<StreamEvent> StreamAsync(ChatRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
