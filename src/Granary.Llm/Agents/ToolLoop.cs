using System.Runtime.CompilerServices;
using Granary.Llm.Functions;
using Granary.Llm.Streaming;

namespace Granary.Llm.Agents;

/// <summary>Asks a model, runs the tools that it calls, gives it their results and asks again, until it answers without tools. Safe for several threads.</summary>
public sealed class ToolLoop
{
    private readonly ToolRunner runner;

    /// <summary>Makes a loop.</summary>
    /// <param name="options">Its bounds.</param>
    /// <param name="time">The clock of timeouts.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bound is out of its range.</exception>
    public ToolLoop(ToolLoopOptions? options = null, TimeProvider? time = null)
    {
        options ??= new ToolLoopOptions();
        options.Validate();
        runner = new ToolRunner(options, time ?? TimeProvider.System);
    }

    /// <summary>
    /// Runs the loop. Tools are run only of answers that wait for them, not of those that were cut. Failures of the model are events, as are those of tools; the last event is a <see cref="Completion"/>. Throws only for
    /// <paramref name="cancellationToken"/>.
    /// </summary>
    /// <param name="conversation">The conversation; it grows.</param>
    /// <param name="functions">The functions by name. A call of any other name is answered with an error.</param>
    /// <param name="context">Who asks.</param>
    /// <param name="maxIterations">How often the model is asked at the most, 1 or more.</param>
    /// <param name="callersTools">
    /// Names of tools that are the caller's to run: an answer that calls one of them ends the loop, and none of its calls is run.
    /// </param>
    /// <param name="cancellationToken">Ends the loop, the model's answer and the tools.</param>
    public async IAsyncEnumerable<ProxyEvent> RunAsync(
        IToolConversation conversation,
        IReadOnlyDictionary<string, AgentFunction> functions,
        CallingContext context,
        int maxIterations,
        IReadOnlySet<string>? callersTools = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        ArgumentNullException.ThrowIfNull(functions);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxIterations, 1);
        var final = "";
        var iteration = 0;
        ChatUsage? usage = null;
        while (iteration < maxIterations)
        {
            iteration++;
            yield return new IterationStart(iteration, maxIterations);

            var collected = new AnswerCollector();
            var calls = new List<PendingCall>();
            string? error = null;
            await using (var pieces = new GuardedEvents(conversation, cancellationToken))
            {
                while (await pieces.MoveNextAsync().ConfigureAwait(false))
                {
                    var piece = pieces.Current;
                    collected.Add(piece);
                    yield return new RelayedPiece(piece);
                    if (piece.Kind == StreamEventKind.ToolCallComplete)
                    {
                        var call = PendingCall.Of(piece);
                        calls.Add(call);
                        yield return new FunctionAnnouncement(call.Name, call.Arguments, call.Id);
                    }
                }

                error = pieces.Error;
            }

            var answer = collected.ToResponse();
            usage = UsageSum.Of(usage, answer.Usage);
            error ??= answer.Error;
            if (answer.Content.Length > 0)
            {
                final = answer.Content;
            }

            if (error is not null)
            {
                yield return new IterationError(iteration, error);

                // A partial answer is worth more than the news that it is one, which was just told; text of earlier iterations is not the answer.
                final = answer.Content.Length > 0 ? answer.Content : "Error: " + error;
                break;
            }

            if (calls.Count == 0)
            {
                break;
            }

            if (WhyCut(answer.Finish, collected.IsDone) is { } cut)
            {
                yield return new IterationError(iteration, cut);
                final = answer.Content.Length > 0 ? answer.Content : "Error: " + cut;
                break;
            }

            if (callersTools is not null && calls.Exists(call => callersTools.Contains(call.Name)))
            {
                break;
            }

            var results = new FunctionResult[calls.Count];
            await foreach (var next in runner.RunAsync(calls, functions, context, results, cancellationToken).ConfigureAwait(false))
            {
                yield return next;
            }

            conversation.Append(answer with { ToolCalls = [.. calls.Select(static call => new ToolCall(call.Id, call.Name, call.Arguments))] }, results);
        }

        yield return new Completion(final, iteration, usage);
    }

    /// <summary>
    /// Why the calls of an answer are not to be run; null if they are. Calls of an answer that was cut may be cut too and still look whole, without the
    /// arguments that never came.
    /// </summary>
    private static string? WhyCut(ChatFinish finish, bool isDone) => finish switch
    {
        ChatFinish.ToolCalls => null,
        ChatFinish.Unknown when isDone => null,
        ChatFinish.Length => "the answer reached its limit of tokens; the tools that it calls are not run",
        ChatFinish.ContentFilter => "the answer was refused; the tools that it calls are not run",
        _ => "the answer does not wait for tools; those that it calls are not run",
    };

    /// <summary>An answer's events, whose failure is a value: an iterator cannot yield what it catches.</summary>
    private sealed class GuardedEvents(IToolConversation conversation, CancellationToken cancellationToken) : IAsyncDisposable
    {
        private IAsyncEnumerator<StreamEvent>? source;

        public string? Error { get; private set; }

        public StreamEvent Current => source!.Current;

        public async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                source ??= conversation.AskAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
                return await source.MoveNextAsync().ConfigureAwait(false);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                Error = failure.Message;
                return false;
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                if (source is not null)
                {
                    await source.DisposeAsync().ConfigureAwait(false);
                }
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                Error ??= failure.Message;
            }
        }
    }
}
