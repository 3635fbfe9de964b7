using Granary.Llm.Streaming;

namespace Granary.Llm.Providers;

/// <summary>Models to chat with, whoever provides them: renders a request for the provider, sends it, reads the answer, falls back to the next provider.</summary>
public interface IChatModels
{
    /// <summary>Asks and waits for the whole answer.</summary>
    /// <param name="request">The request; its model's name picks the provider.</param>
    /// <param name="cancellationToken">Ends the call, also at the provider.</param>
    /// <exception cref="ProviderException">No provider answered.</exception>
    Task<ChatResponse> CompleteAsync(ChatRequest request, CancellationToken cancellationToken = default);

    /// <summary>Asks and gives the answer as it comes. Fails only before the first event; later failures are an event.</summary>
    /// <param name="request">The request; its model's name picks the provider.</param>
    /// <param name="cancellationToken">Ends the call, also at the provider.</param>
    /// <exception cref="ProviderException">No provider answered.</exception>
    IAsyncEnumerable<StreamEvent> StreamAsync(ChatRequest request, CancellationToken cancellationToken = default);
}
