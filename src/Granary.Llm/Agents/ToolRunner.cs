using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Granary.Llm.Functions;

namespace Granary.Llm.Agents;

/// <summary>Runs the tool calls of an answer: several at once, none for ever.</summary>
internal sealed class ToolRunner(ToolLoopOptions options, TimeProvider time)
{
    /// <summary>Runs all calls and tells of each as it begins and ends, in the order in which that happens.</summary>
    /// <param name="calls">The calls.</param>
    /// <param name="functions">The functions by name.</param>
    /// <param name="context">Who asks.</param>
    /// <param name="results">Receives a result for each call, in the calls' order.</param>
    /// <param name="cancellationToken">Ends all.</param>
    public async IAsyncEnumerable<ProxyEvent> RunAsync(
        IReadOnlyList<PendingCall> calls,
        IReadOnlyDictionary<string, AgentFunction> functions,
        CallingContext context,
        FunctionResult[] results,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var events = Channel.CreateUnbounded<ProxyEvent>(new UnboundedChannelOptions { SingleReader = true });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var places = new SemaphoreSlim(options.MaxParallelTools);
        var all = Task.WhenAll(calls.Select(RunOneAsync));
        _ = all.ContinueWith(done => events.Writer.Complete(done.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach (var next in events.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return next;
            }
        }
        finally
        {
            // The reader may be gone before the calls are.
            await ended.CancelAsync().ConfigureAwait(false);
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task RunOneAsync(PendingCall call, int index)
        {
            await places.WaitAsync(ended.Token).ConfigureAwait(false);
            try
            {
                events.Writer.TryWrite(new FunctionCallStart(call.Name, call.Arguments, call.Id));
                var result = await InvokeAsync(call, functions.GetValueOrDefault(call.Name), context, ended.Token).ConfigureAwait(false);
                result = result with { Text = TextCut.To(result.Text, options.MaxResultCharacters) };
                results[index] = result;
                events.Writer.TryWrite(result.IsError
                    ? new FunctionCallError(call.Name, result.Text, call.Id)
                    : new FunctionCallComplete(call.Name, result.Text, call.Id));
            }
            finally
            {
                places.Release();
            }
        }
    }

    private async Task<FunctionResult> InvokeAsync(PendingCall call, AgentFunction? function, CallingContext context, CancellationToken cancellationToken)
    {
        if (function is null)
        {
            return FunctionResult.Failure($"there is no function '{call.Name}'");
        }

        if (call.IsMalformed)
        {
            return FunctionResult.Failure("the arguments are no JSON object; send them again as one");
        }

        var timeout = new CancellationTokenSource(options.ToolTimeout, time);
        var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);

        // Taken now: a quick tool may be over, and the sources disposed, before this thread comes to wait for it.
        var limited = limit.Token;

        // On another thread and waited for from outside, so that a tool that blocks or does not listen hangs nobody but itself.
        var work = Task.Run(() => function.InvokeAsync(call.Arguments, new FunctionScope(context, call.Id, context.Services), limited).AsTask(), CancellationToken.None);
        _ = work.ContinueWith(
            static (_, sources) =>
            {
                var (first, second) = ((CancellationTokenSource, CancellationTokenSource))sources!;
                first.Dispose();
                second.Dispose();
            },
            (limit, timeout),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
        var start = time.GetTimestamp();
        try
        {
            var result = await work.WaitAsync(limited).ConfigureAwait(false);
            GranaryLlmInstruments.ToolCalled(result.IsError ? "error" : "ok", time.GetElapsedTime(start));
            return result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            GranaryLlmInstruments.ToolCalled("timeout", time.GetElapsedTime(start));
            return FunctionResult.Failure(string.Create(CultureInfo.InvariantCulture, $"no result within {options.ToolTimeout.TotalSeconds:0.#} s"));
        }
    }
}
