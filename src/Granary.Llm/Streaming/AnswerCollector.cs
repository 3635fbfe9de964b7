using System.Text;

namespace Granary.Llm.Streaming;

/// <summary>Puts the events of a stream together to an answer. Can be asked at any moment for what there is so far. Not safe for several threads.</summary>
public sealed class AnswerCollector
{
    private readonly StringBuilder content = new();
    private readonly StringBuilder reasoning = new();
    private readonly List<StreamEvent> calls = [];
    private List<SignedPart>? signed;
    private ChatDialect signer;
    private int begun;
    private string? id;
    private string? model;
    private string? error;
    private ChatFinish finish;

    /// <summary>Whether the source said that nothing more comes.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Tokens as known so far, each figure the greatest that was reported; null if nobody said.</summary>
    public ChatUsage? Usage { get; private set; }

    /// <summary>Takes the next event.</summary>
    /// <param name="next">The event.</param>
    public void Add(in StreamEvent next)
    {
        Usage = UsageMaximum.Of(Usage, next.Usage);
        switch (next.Kind)
        {
            case StreamEventKind.Start:
                id ??= next.Id;
                model ??= next.Name;
                break;
            case StreamEventKind.Content:
                content.Append(next.Text);
                break;
            case StreamEventKind.Reasoning:
                reasoning.Append(next.Text);
                break;
            case StreamEventKind.Signature when Enum.TryParse(next.Name, out ChatDialect dialect):
                signer = dialect;
                (signed ??= []).Add(new SignedPart(next.Text ?? "", content.Length, begun));
                break;
            case StreamEventKind.ToolCallStart:
                begun++;
                break;
            case StreamEventKind.ToolCallComplete:
                calls.Add(next);
                break;
            case StreamEventKind.Stop:
                finish = next.Finish;
                break;
            case StreamEventKind.Done:
                IsDone = true;
                break;
            case StreamEventKind.Error:
                error ??= next.Text;
                break;
        }
    }

    /// <summary>
    /// The answer as far as it came. Tool calls are those that are whole; arguments that are no JSON object stand in it as <c>{"raw": "…"}</c>. Where
    /// the provider gave no id, one is made, the same each time.
    /// </summary>
    public ChatResponse ToResponse() => new()
    {
        Id = id ??= StreamIds.New("chatcmpl-"),
        Model = model ?? "",
        Content = content.ToString(),
        Reasoning = reasoning.Length == 0 ? null : reasoning.ToString(),
        Thoughts = signed is null ? null : new SignedThoughts(signer, [.. signed]),
        ToolCalls = [.. calls.OrderBy(c => c.Index).Select(c => new ToolCall(c.Id ?? "", c.Name ?? "", ToolArguments.Parse(c.Text ?? "")))],
        Finish = finish,
        Usage = Usage,
        Error = error,
    };
}
