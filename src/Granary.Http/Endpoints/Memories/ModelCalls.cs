using Granary.Llm;
using Granary.Llm.Providers;

namespace Granary.Http.Endpoints.Memories;

/// <summary>Short questions to a model, where the host has models.</summary>
internal sealed class ModelCalls(TimeProvider time, IChatModels? models = null, IModelCatalogue? catalogue = null, ModelsOptions? options = null)
{
    /// <summary>The model for a task; null where none is configured.</summary>
    /// <param name="configured">The task's own, if it has one.</param>
    public string? ModelFor(string? configured) => models is null ? null : configured ?? options?.Summarizer;

    /// <summary>Asks.</summary>
    /// <exception cref="TimeoutException">It took too long.</exception>
    /// <exception cref="ProviderException">No provider answered.</exception>
    public async Task<string> AskAsync(string model, string instructions, string question, int maxTokens, TimeSpan patience, CancellationToken cancellationToken)
    {
        var capabilities = catalogue?.Find(model).Capabilities ?? default;
        var request = new ChatRequest
        {
            Model = model,
            Messages = [new() { Role = MessageRole.System, Content = instructions }, new() { Role = MessageRole.User, Content = question }],
            Temperature = capabilities.HasFlag(ModelCapabilities.FixedSampling) ? null : 0,

            // Where reasoning counts as answer, a limit would cut the answer off.
            MaxTokens = capabilities.HasFlag(ModelCapabilities.Reasoning) ? null : maxTokens,
        };
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return (await models!.CompleteAsync(request, either.Token)).Content.Trim();
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The model '{model}' did not answer within {patience.TotalSeconds:0.#} s.");
        }
    }
}
