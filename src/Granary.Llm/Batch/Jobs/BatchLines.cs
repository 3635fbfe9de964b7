using Granary.Core.Storage;
using Granary.Llm.Functions;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Reads the lines of a part: which of them are open, and what the model is asked next.</summary>
internal sealed class BatchLines(IPartitionStore store, string partition)
{
    /// <summary>The lines of a part that have no result yet.</summary>
    public async Task<IReadOnlyList<int>> OpenAsync(BatchPart part, CancellationToken cancellationToken)
    {
        var done = await DocumentsAsync('r', part, cancellationToken).ConfigureAwait(false);
        return [.. Enumerable.Range(part.First, part.Count).Where(index => !done.Contains(BatchPartitions.Result(index)))];
    }

    /// <summary>The lines of a part's round that have neither a result nor a round of tools to go on with.</summary>
    public async Task<HashSet<int>> UnansweredAsync(BatchPart part, CancellationToken cancellationToken)
    {
        var done = await DocumentsAsync('r', part, cancellationToken).ConfigureAwait(false);
        var turns = await DocumentsAsync('t', part, cancellationToken).ConfigureAwait(false);
        return [.. part.Lines.Where(index => !done.Contains(BatchPartitions.Result(index)) && !turns.Contains(BatchPartitions.Turn(index, part.Round)))];
    }

    /// <summary>Whether a part's round left rounds of tools to go on with.</summary>
    public async Task<bool> GoesOnAsync(BatchPart part, CancellationToken cancellationToken)
    {
        var turns = await DocumentsAsync('t', part, cancellationToken).ConfigureAwait(false);
        return part.Lines.Any(index => turns.Contains(BatchPartitions.Turn(index, part.Round)));
    }

    /// <summary>What is asked in some lines of a part, with the rounds of tools that went before and how many these are, in the order of the lines.</summary>
    public async Task<IReadOnlyList<(int Index, BatchLine Line, int Round)>> ReadAsync(
        BatchPart part, IReadOnlyCollection<int> indexes, IReadOnlyDictionary<string, AgentFunction> functions, CancellationToken cancellationToken)
    {
        var wanted = indexes.ToHashSet();
        var turns = new Dictionary<int, List<BatchTurn>>();
        await foreach (var document in store.ReadAllAsync(partition, BatchPartitions.Range('t', part.First, part.Count), cancellationToken).ConfigureAwait(false))
        {
            var index = BatchPartitions.IndexOf(document.Id);
            if (wanted.Contains(index))
            {
                if (!turns.TryGetValue(index, out var rounds))
                {
                    turns.Add(index, rounds = []);
                }

                rounds.Add(BatchPartitions.Read(document, BatchJson.Default.BatchTurn));
            }
        }

        var lines = new List<(int, BatchLine, int)>(wanted.Count);
        await foreach (var document in store.ReadAllAsync(partition, BatchPartitions.Range('q', part.First, part.Count), cancellationToken).ConfigureAwait(false))
        {
            var index = BatchPartitions.IndexOf(document.Id);
            if (wanted.Contains(index))
            {
                var line = BatchPartitions.Read(document, BatchJson.Default.BatchLine);
                var before = turns.GetValueOrDefault(index) ?? [];
                var request = line.Request with
                {
                    Messages = [.. line.Request.Messages, .. before.SelectMany(turn => turn.Messages)],
                    Tools = functions.Count == 0 ? line.Request.Tools : [.. line.Request.Tools, .. functions.Values.Select(function => function.Definition)],
                };
                lines.Add((index, line with { Request = request }, before.Count));
            }
        }

        return lines;
    }

    /// <summary>What was asked in a line, as it came. Read for each line: a part's lines together may be large.</summary>
    public async Task<BatchLine> InputAsync(int index, CancellationToken cancellationToken)
    {
        var page = await store.GetAsync(partition, [BatchPartitions.Line(index)], cancellationToken).ConfigureAwait(false);
        return BatchPartitions.Read(page.Documents[0], BatchJson.Default.BatchLine);
    }

    private async Task<HashSet<string>> DocumentsAsync(char kind, BatchPart part, CancellationToken cancellationToken)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var document in store.ReadAllAsync(partition, BatchPartitions.Range(kind, part.First, part.Count), cancellationToken).ConfigureAwait(false))
        {
            ids.Add(document.Id);
        }

        return ids;
    }
}
