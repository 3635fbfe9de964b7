using Granary.Llm;
using Granary.Llm.Providers;
using Granary.Llm.Streaming;

namespace Granary.Http.Tests;

/// <summary>Models that say what they were asked.</summary>
internal sealed class EchoModels : IChatModels
{
    public Task<ChatResponse> CompleteAsync(ChatRequest request, CancellationToken cancellationToken = default) => Task.FromResult(new ChatResponse
    {
        Id = "a",
        Model = request.Model,
        Content = string.Join('|', request.Messages.Select(message => message.Content)),
        Finish = ChatFinish.Stop,
        Usage = new ChatUsage(10, 5),
    });

    public IAsyncEnumerable<StreamEvent> StreamAsync(ChatRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
