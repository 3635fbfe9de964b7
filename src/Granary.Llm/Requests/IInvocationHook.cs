namespace Granary.Llm.Requests;

/// <summary>Sees every call of a model: before, with what is sent, and after, with what came back.</summary>
public interface IInvocationHook
{
    /// <summary>Called before the model is. What it throws stops the call.</summary>
    /// <param name="request">The prompt; its payload may be changed.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask BeforeInvokeAsync(AssembledRequest request, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    /// <summary>Called after the model answered, also in part. What it throws is logged: an answer is not lost over it.</summary>
    /// <param name="request">The prompt.</param>
    /// <param name="response">The answer.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask AfterInvokeAsync(AssembledRequest request, ChatResponse response, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
}
