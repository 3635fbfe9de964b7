using Granary.Llm.Agents;
using Granary.Llm.Functions;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Runs the tools that the answers of a batch call.</summary>
/// <remarks>A process that ends between a tool's end and the commit of its result runs it again: tools of batches must bear that.</remarks>
internal sealed class BatchTools(TimeProvider time, FunctionRegistry? registry = null)
{
    private readonly ToolLoopOptions _options = new();

    /// <summary>The registered functions of these names.</summary>
    /// <param name="names">The names.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidRequestException">There is no function of one of the names.</exception>
    public async ValueTask<IReadOnlyDictionary<string, AgentFunction>> FindAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, AgentFunction>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var function = registry is null ? null : await registry.FindAsync(name, cancellationToken).ConfigureAwait(false);
            found[name] = function ?? throw new InvalidRequestException("tools", $"names '{name}', which is no registered function");
        }

        return found;
    }

    /// <summary>Those of the names that are registered now: a source that is away is met by the model as tools that fail.</summary>
    /// <param name="names">The names.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<IReadOnlyDictionary<string, AgentFunction>> PresentAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, AgentFunction>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (registry is not null && await registry.FindAsync(name, cancellationToken).ConfigureAwait(false) is { } function)
            {
                found[name] = function;
            }
        }

        return found;
    }

    /// <summary>The messages that an answer and the results of its calls add. What goes wrong with a tool is a result for the model to read.</summary>
    public async Task<BatchTurn> RunAsync(BatchHead head, ChatResponse answer, IReadOnlyDictionary<string, AgentFunction> functions, CancellationToken cancellationToken)
    {
        var results = new FunctionResult[answer.ToolCalls.Count];
        var context = new CallingContext { TenantId = head.Tenant, UserId = head.User, AgentId = head.Agent, Model = head.Model, SessionType = "batch" };
        var calls = answer.ToolCalls.Select(call => new PendingCall(call.Id, call.Name, call.Arguments, call.Arguments.ValueKind != System.Text.Json.JsonValueKind.Object)).ToList();
        await foreach (var _ in new ToolRunner(_options, time).RunAsync(calls, functions, context, results, cancellationToken).ConfigureAwait(false))
        {
        }

        return new BatchTurn(
        [
            new ModelMessage { Role = MessageRole.Assistant, Content = answer.Content, ToolCalls = answer.ToolCalls },
            .. calls.Select((call, i) => new ModelMessage
            {
                Role = MessageRole.Tool,
                ToolCallId = call.Id,
                Name = call.Name,
                Content = results[i].Content,
                ToolError = results[i].IsError ? results[i].Text : null,
            }),
        ]);
    }
}
