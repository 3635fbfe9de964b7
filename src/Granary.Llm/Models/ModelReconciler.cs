using Granary.Core.Reflection;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Models;

/// <summary>
/// Reconciles by a model, which knows memories by number only: numbers that it was not given change nothing. Where it fails or says nothing, everything is
/// added, and the reason says so.
/// </summary>
internal sealed class ModelReconciler(
    ModelsOptions options, IChatModels models, IModelCatalogue catalogue, ITokenCounter tokens, TimeProvider time, ILogger<ModelReconciler> logger) : IReconciler
{
    private const int AnswerTokens = 3_000;

    private readonly ModelTask<ReconcileAnswer> _task =
        ReflectionTasks.Of(options, models, catalogue, tokens, time, logger, AnswerJson.Default.ReconcileAnswer, "reconciliation", ReconcileAnswer.Schema);

    /// <inheritdoc/>
    public async ValueTask<Reconciliation> ReconcileAsync(IReadOnlyList<ReconcileCandidate> candidates, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var known = candidates.SelectMany(candidate => candidate.Nearest).DistinctBy(record => record.Id).ToList();
        if (known.Count == 0)
        {
            return new Reconciliation([.. candidates.Select(candidate => Add(candidate.Statement, "Nothing like it was known."))], Deterministic: true);
        }

        var (result, fallback) = await _task.TryAskAsync(
            ReflectionPrompts.Reconcile, ReflectionPrompts.Candidates(candidates, known), AnswerTokens, answer => Read(candidates, known, answer), cancellationToken).ConfigureAwait(false);
        return result ?? new Reconciliation(
            [.. candidates.Select(candidate => Add(candidate.Statement, "No model compared it with what is known."))], Deterministic: true, fallback);
    }

    private static Reconciliation Read(IReadOnlyList<ReconcileCandidate> candidates, List<MemoryRecord> known, ReconcileAnswer answer)
    {
        var actions = new List<ReconcileAction>();
        for (var i = 0; i < candidates.Count; i++)
        {
            actions.AddRange(Decide(candidates[i], known, [.. answer.Actions.OfType<ActionAnswer>().Where(action => action.New == i)]));
        }

        return new Reconciliation(actions, Deterministic: false);
    }

    /// <summary>What is done with one statement. What says nothing that can be done leaves it an addition: nothing that was said is lost.</summary>
    private static IEnumerable<ReconcileAction> Decide(ReconcileCandidate candidate, List<MemoryRecord> known, List<ActionAnswer> answers)
    {
        var statement = candidate.Statement;
        var meant = answers.Select(answer => (Answer: answer, Target: TargetOf(candidate, known, answer.Id))).ToList();
        if (meant.Find(m => Is(m.Answer, "NONE") && m.Target is not null) is { Target: { } same } none)
        {
            return [new ReconcileAction(MemoryEvent.None, statement, same, Why(none.Answer))];
        }

        if (meant.Find(m => Is(m.Answer, "UPDATE") && m.Target is not null) is { Target: { } target } update)
        {
            var text = string.IsNullOrWhiteSpace(update.Answer.Text) ? statement.Text : update.Answer.Text.Trim();
            return [new ReconcileAction(MemoryEvent.Update, statement with { Text = text.Length <= LearnedStatement.MaxLength ? text : statement.Text }, target, Why(update.Answer))];
        }

        // A statement contradicts one thing: a model that was talked into deleting everything deletes no more than that.
        var add = Add(statement, meant.Find(m => Is(m.Answer, "ADD")).Answer is { } added ? Why(added) : "It was said.");
        return meant.Find(m => Is(m.Answer, "DELETE") && m.Target is not null) is { Target: { } gone } delete
            ? [new ReconcileAction(MemoryEvent.Delete, null, gone, Why(delete.Answer)), add]
            : [add];
    }

    private static MemoryRecord? TargetOf(ReconcileCandidate candidate, List<MemoryRecord> known, int? alias) =>
        alias is { } number && number >= 0 && number < known.Count && candidate.Nearest.Any(record => record.Id == known[number].Id) ? known[number] : null;

    private static bool Is(ActionAnswer answer, string what) => string.Equals(answer.Event?.Trim(), what, StringComparison.OrdinalIgnoreCase);

    private static string Why(ActionAnswer answer) => string.IsNullOrWhiteSpace(answer.Rationale) ? "The model gave no reason." : answer.Rationale.Trim();

    private static ReconcileAction Add(LearnedStatement statement, string reason) => new(MemoryEvent.Add, statement, null, reason);
}
