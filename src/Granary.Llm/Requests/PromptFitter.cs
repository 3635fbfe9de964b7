using Granary.Core.Compaction;

namespace Granary.Llm.Requests;

/// <summary>
/// Makes a draft fit: first long results of tools are cut, then the oldest turns are left out with an extract in their place, then what was recalled
/// and the snapshot; at last all results of tools are cut to what is left. Instructions and the newest messages stay.
/// </summary>
internal sealed class PromptFitter
{
    private readonly PromptDraft draft;
    private readonly int budget;
    private readonly AssemblyOptions options;
    private readonly DraftItem[] items;
    private readonly bool[] gone;
    private readonly int[] cut;
    private string? snapshot;
    private string? extract;
    private IReadOnlyList<RecalledText> recalled;

    private PromptFitter(PromptDraft draft, int budget, AssemblyOptions options)
    {
        this.draft = draft;
        this.budget = budget;
        this.options = options;
        items = [.. draft.Conversation];
        gone = new bool[items.Length];
        cut = new int[items.Length];
        snapshot = draft.Snapshot;
        recalled = draft.Recalled;
    }

    /// <summary>Fits a draft into a budget.</summary>
    /// <exception cref="TooLargeException">What must stay is more than the budget.</exception>
    public static async ValueTask<FittedPrompt> FitAsync(PromptDraft draft, int budget, AssemblyOptions options, CancellationToken cancellationToken)
    {
        var fitter = new PromptFitter(draft, budget, options);
        await fitter.FitAsync(cancellationToken).ConfigureAwait(false);
        return fitter.Prompt();
    }

    private async ValueTask FitAsync(CancellationToken cancellationToken)
    {
        if (draft.Tokens <= budget)
        {
            return;
        }

        CutResults((int)Math.Max(1, options.ToolResultShare * budget));
        if (Tokens() > budget)
        {
            await LeaveOutAsync(cancellationToken).ConfigureAwait(false);
        }

        // The least fitting texts go first.
        while (Tokens() > budget && recalled.Count > 0)
        {
            recalled = [.. recalled.Take(recalled.Count - 1)];
        }

        if (Tokens() > budget)
        {
            extract = null;
        }

        if (Tokens() > budget)
        {
            snapshot = null;
        }

        if (Tokens() > budget && Results().ToList() is { Count: > 0 } results)
        {
            var left = budget - Tokens() + results.Sum(index => items[index].Tokens);
            CutResults(left / results.Count);
        }

        if (Tokens() > budget)
        {
            throw TooLarge();
        }
    }

    private int Tokens()
    {
        var tokens = draft.ToolTokens + draft.Count(System());
        for (var index = 0; index < items.Length; index++)
        {
            tokens += gone[index] ? 0 : items[index].Tokens;
        }

        return tokens;
    }

    private string System() => SystemBlock.Text(draft.Instructions, snapshot, extract, recalled);

    private IEnumerable<int> Results() => Enumerable.Range(0, items.Length).Where(index => !gone[index] && items[index].Message.Role == MessageRole.Tool);

    private void CutResults(int maxTokens)
    {
        foreach (var index in Results())
        {
            // What was cut before is cut anew, from the whole.
            var (item, characters) = ToolResultCut.Of(draft.Conversation[index], maxTokens, draft.Item);
            if (characters > 0)
            {
                (items[index], cut[index]) = (item, characters);
            }
        }
    }

    private async ValueTask LeaveOutAsync(CancellationToken cancellationToken)
    {
        var room = Math.Min(options.ExtractTokens, budget / 8);
        var tokens = Tokens() + room;
        foreach (var (start, end) in Parts())
        {
            if (tokens <= budget)
            {
                break;
            }

            for (var index = start; index < end; index++)
            {
                gone[index] = true;
                tokens -= items[index].Tokens;
            }
        }

        var left = Enumerable.Range(0, items.Length).Where(index => gone[index]).Select(index => draft.Merged.Conversation[index]).ToList();
        if (left.Count == 0 || room < 1)
        {
            return;
        }

        var messages = left.ConvertAll(message => new Message { Role = message.Role, Content = message.Content, Name = message.Name, ToolError = message.ToolError });
        var summary = await new ExtractiveSummarizer().SummarizeAsync(new(messages, Granary.Snapshot.Empty, room / 2, draft.Model), cancellationToken).ConfigureAwait(false);
        extract = summary.Episode.Length > 0 ? summary.Episode : null;
    }

    /// <summary>
    /// What can be left out, oldest first: whole turns; of the turn that the input goes on with, calls with their results, but neither its question nor
    /// the calls that the input answers.
    /// </summary>
    private IEnumerable<(int Start, int End)> Parts()
    {
        var input = draft.InputStart;
        var goesOn = input < items.Length && items[input].Message.Role != MessageRole.User;
        var question = input;
        if (goesOn)
        {
            question = input - 1;
            while (question >= 0 && items[question].Message.Role != MessageRole.User)
            {
                question--;
            }
        }

        var start = 0;
        for (var index = 1; index <= question; index++)
        {
            if (index == question || items[index].Message.Role == MessageRole.User)
            {
                yield return (start, index);
                start = index;
            }
        }

        if (!goesOn)
        {
            yield break;
        }

        // With no question in sight the turn's beginning is not here either.
        var kept = input - 1;
        while (kept > question && items[kept].Message.Role == MessageRole.Tool)
        {
            kept--;
        }

        start = question + 1;
        for (var index = start + 1; index <= kept; index++)
        {
            if (index == kept || items[index].Message.Role != MessageRole.Tool)
            {
                yield return (start, index);
                start = index;
            }
        }
    }

    private FittedPrompt Prompt()
    {
        var messages = new List<ModelMessage>(items.Length + 1);
        var system = System();
        if (system.Length > 0)
        {
            messages.Add(new ModelMessage { Role = MessageRole.System, Content = system });
        }

        messages.AddRange(items.Where((_, index) => !gone[index]).Select(item => item.Message));
        return new FittedPrompt(messages, Tokens(), new LeftOut
        {
            FoldedTurns = draft.FoldedTurns,
            Messages = gone.Count(left => left),
            CutToolResults = cut.Where((characters, index) => characters > 0 && !gone[index]).Count(),
            CutCharacters = cut.Where((_, index) => !gone[index]).Sum(),
            Recalled = draft.Recalled.Count - recalled.Count,
            Snapshot = draft.Snapshot is not null && snapshot is null,
        });
    }

    private TooLargeException TooLarge()
    {
        var system = draft.Count(System());
        var largest = Enumerable.Range(0, items.Length).Where(index => !gone[index]).DefaultIfEmpty(-1).MaxBy(index => index < 0 ? 0 : items[index].Tokens);
        var tokens = largest < 0 ? 0 : items[largest].Tokens;
        var place = largest < 0 ? -1 : draft.Sent.ToList().FindIndex(message => ReferenceEquals(message, draft.Merged.Conversation[largest]));
        var (field, takes) = draft.ToolTokens > Math.Max(system, tokens) ? ("tools", draft.ToolTokens)
            : system > tokens ? ("system", system)
            : (place < 0 ? "messages" : $"messages[{place}]", tokens);
        return new TooLargeException(field, $"takes {takes} tokens of {Tokens()} that cannot be left out; a prompt of '{draft.Model}' may have {budget}");
    }
}
