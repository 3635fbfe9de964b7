namespace Granary.Core.Reflection;

/// <summary>
/// Reconciles without a model: the same words are nothing new; another answer to a question that has only one (where somebody lives, whether he likes
/// tea) takes the place of the older one; everything else is added.
/// </summary>
public sealed class DeterministicReconciler : IReconciler
{
    /// <inheritdoc/>
    public ValueTask<Reconciliation> ReconcileAsync(IReadOnlyList<ReconcileCandidate> candidates, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var actions = new List<ReconcileAction>();
        var gone = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (statement, nearest) in candidates)
        {
            if (nearest.FirstOrDefault(record => !gone.Contains(record.Id) && StatementReader.Key(record.Content) == StatementReader.Key(statement.Text)) is { } same)
            {
                actions.Add(new ReconcileAction(MemoryEvent.None, statement, same, "It was said again in the same words."));
                continue;
            }

            if (StatementReader.ReadSpoken(statement.Text) is ({ } speaker, { Slot: { } slot } said))
            {
                foreach (var record in nearest)
                {
                    if (StatementReader.ReadSpoken(record.Content) is ({ } other, { Slot: { } known } before) && other == speaker && known == slot && before.Value != said.Value && gone.Add(record.Id))
                    {
                        actions.Add(new ReconcileAction(MemoryEvent.Delete, null, record, "What was said later takes its place."));
                    }
                }
            }

            actions.Add(new ReconcileAction(MemoryEvent.Add, statement, null, "The user said so."));
        }

        return new(new Reconciliation(actions, Deterministic: true));
    }
}
