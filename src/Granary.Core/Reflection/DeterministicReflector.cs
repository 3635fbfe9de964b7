using Granary.Core.Compaction;
using Granary.Core.Compaction.Extraction;
using Granary.Core.Tokens;

namespace Granary.Core.Reflection;

/// <summary>
/// Reflects without a model: keeps, word for word, what the user said outright of himself, and nothing that would have to be concluded. What the
/// assistant says teaches nothing about the user.
/// </summary>
/// <param name="tokens">Counts the summary's tokens; an estimate by default.</param>
public sealed class DeterministicReflector(ITokenCounter? tokens = null) : IReflector
{
    /// <summary>How sure it is that somebody is or likes what they say.</summary>
    private const double Said = 0.9;

    /// <summary>Plans change.</summary>
    private const double Planned = 0.8;

    private readonly ExtractiveSummarizer _summarizer = new(tokens);

    /// <inheritdoc/>
    public async ValueTask<SessionReflection> ReflectAsync(ReflectionRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (summary, topics) = await SummarizeAsync(request, cancellationToken).ConfigureAwait(false);
        var found = Find(request);
        var learned = found.Count <= request.MaxLearned ? found : Foremost(found, request.MaxLearned);
        var said = learned.Select(statement => StatementReader.Key(statement.Text)).ToHashSet(StringComparer.Ordinal);
        return new SessionReflection(
            summary,
            topics,
            learned,
            [.. request.Known.Where(record => said.Contains(StatementReader.Key(record.Content))).Select(record => record.Id)],
            Deterministic: true,
            LeftOut: found.Count - learned.Count);
    }

    private async ValueTask<(string Summary, IReadOnlyList<string> Topics)> SummarizeAsync(ReflectionRequest request, CancellationToken cancellationToken)
    {
        var summary = await _summarizer
            .SummarizeAsync(new SummaryRequest(request.Messages, Snapshot.Empty, request.MaxSummaryTokens, request.Model), cancellationToken).ConfigureAwait(false);
        var whole = request.PreviousSummary.Length == 0 ? summary.Episode : $"{request.PreviousSummary}\n{summary.Episode}";
        return (ExtractiveText.Shorten(whole, request.MaxSummaryTokens, tokens, request.Model), summary.Topics);
    }

    private static List<LearnedStatement> Find(ReflectionRequest request)
    {
        var found = new List<LearnedStatement>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var message in request.Messages)
        {
            if (message.Role != MessageRole.User)
            {
                continue;
            }

            var name = message.Name is null ? "" : EpisodeText.Speaker(message.Name);
            foreach (var statement in StatementReader.Read(message.Content))
            {
                if (statement.Category is { } category && !request.Categories.Contains(category))
                {
                    continue;
                }

                var text = $"{(name.Length == 0 ? EpisodeText.User : name)}: {statement.Text}";
                var learned = new LearnedStatement(
                    statement.Kind, text, statement.Category, statement.Category == "goals" ? Planned : Said, statement.Importance, message.Sequence, message.Timestamp);

                // Of two answers to one question the later holds.
                var key = statement.Slot ?? StatementReader.Key(text);
                if (places.TryGetValue(key, out var place))
                {
                    found[place] = learned;
                }
                else
                {
                    places.Add(key, found.Count);
                    found.Add(learned);
                }
            }
        }

        return found;
    }

    private static List<LearnedStatement> Foremost(List<LearnedStatement> found, int count) =>
        [.. found.Index().OrderByDescending(item => item.Item.Importance).ThenByDescending(item => item.Index).Take(count).OrderBy(item => item.Index).Select(item => item.Item)];
}
