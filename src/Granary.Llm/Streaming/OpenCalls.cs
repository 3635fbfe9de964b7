using System.Text;

namespace Granary.Llm.Streaming;

/// <summary>The tool calls of one answer that is being read, put together from their pieces.</summary>
/// <param name="size">Counts what they take.</param>
internal sealed class OpenCalls(AnswerSize size)
{
    /// <summary>What a call takes besides its arguments, with space to spare, in characters.</summary>
    private const int CallSize = 1024;

    private readonly List<OpenCall> calls = [];

    /// <summary>Whether there is any.</summary>
    public bool Any => calls.Count > 0;

    /// <summary>Whether there is any that is complete.</summary>
    public bool AnyComplete => calls.Exists(call => call.IsComplete);

    /// <summary>Whether all are complete.</summary>
    public bool AllComplete => calls.TrueForAll(call => call.IsComplete);

    /// <summary>The call that began last.</summary>
    public OpenCall? Last => calls.Count == 0 ? null : calls[^1];

    /// <summary>The call with this key of the source, if it has begun; the last of them where the source used the key again.</summary>
    public OpenCall? Find(int key) => calls.FindLast(c => c.Key == key);

    /// <summary>The call with this id, if it has begun.</summary>
    public OpenCall? Find(string id) => calls.FindLast(c => c.Id == id);

    /// <summary>Begins a call.</summary>
    /// <param name="key">Where the source has it; -1 if it does not say.</param>
    /// <param name="id">Its id; made here if the source gives none.</param>
    /// <param name="name">The tool; null or empty if that comes later, and the beginning is told then.</param>
    /// <param name="events">Receives the events.</param>
    public OpenCall Begin(int key, string? id, string? name, ICollection<StreamEvent> events)
    {
        size.Add(CallSize);
        var call = new OpenCall(calls.Count, key, string.IsNullOrEmpty(id) ? null : id, size);
        calls.Add(call);
        call.Named(name, events);
        return call;
    }

    /// <summary>A call that came in one piece.</summary>
    public void AddWhole(string? id, string? name, string? arguments, ICollection<StreamEvent> events)
    {
        var call = Begin(-1, id, name, events);
        call.Add(arguments, events);
        call.Complete(arguments, events);
    }

    /// <summary>No more comes: completes the calls that are open.</summary>
    /// <param name="all">Also those whose arguments are not whole JSON: the source says that it is done with them.</param>
    /// <param name="events">Receives the events.</param>
    public void Complete(bool all, ICollection<StreamEvent> events)
    {
        foreach (var call in calls)
        {
            if (all || call.IsWhole)
            {
                call.Complete(null, events);
            }
        }
    }
}

/// <summary>A tool call that is being read.</summary>
/// <param name="index">Which of the answer, from 0.</param>
/// <param name="key">Where the source has it; -1 if it does not say.</param>
/// <param name="id">Its id, if the source gave one yet.</param>
/// <param name="size">Counts what it takes.</param>
internal sealed class OpenCall(int index, int key, string? id, AnswerSize size)
{
    private readonly StringBuilder arguments = new();
    private SurrogateJoin join;
    private bool begun;
    private bool complete;
    private bool cut;

    public int Key => key;

    public string? Id { get; private set; } = id;

    public string? Name { get; private set; }

    /// <summary>Arguments that came at once, with the call's beginning or its end; they count if there are no pieces.</summary>
    public string? InOnePiece { get; set; }

    /// <summary>Whether its completion was told.</summary>
    public bool IsComplete => complete;

    public bool HasArguments => arguments.Length > 0;

    /// <summary>Whether the arguments are a whole object or array by now.</summary>
    public bool IsWhole
    {
        get
        {
            var balance = new JsonBalance();
            if (!HasArguments)
            {
                balance.Add(InOnePiece);
            }

            foreach (var chunk in arguments.GetChunks())
            {
                balance.Add(chunk.Span);
            }

            return balance.IsWhole;
        }
    }

    /// <summary>An id that came after the call began; counts only while nobody was told another.</summary>
    public void Identified(string? id) => Id = begun || string.IsNullOrEmpty(id) ? Id : id;

    /// <summary>The tool's name; what came before it is told now.</summary>
    public void Named(string? name, ICollection<StreamEvent> events)
    {
        if (begun || string.IsNullOrEmpty(name))
        {
            return;
        }

        Start(name, events);
        if (HasArguments)
        {
            events.Add(new StreamEvent(StreamEventKind.ToolCallDelta, arguments.ToString(), index));
        }
    }

    /// <summary>A piece of the arguments.</summary>
    public void Add(string? text, ICollection<StreamEvent> events)
    {
        if (complete || string.IsNullOrEmpty(text) || (text = join.Add(text)).Length == 0)
        {
            return;
        }

        size.Add(text.Length);
        arguments.Append(text);
        if (begun)
        {
            events.Add(new StreamEvent(StreamEventKind.ToolCallDelta, text, index));
        }
    }

    /// <summary>
    /// The source has no more of the call, but may have cut it: it is complete at once if its arguments are whole. If not, the reason for which the answer
    /// ends decides, in <see cref="OpenCalls.Complete"/>: a model that was done had no arguments for the tool, or wrote them wrong.
    /// </summary>
    /// <param name="whole">All of its arguments, if at hand.</param>
    /// <param name="isCut">Whether the source says that it was cut: then it never is complete.</param>
    /// <param name="events">Receives the events.</param>
    public void Close(string? whole, bool isCut, ICollection<StreamEvent> events)
    {
        cut |= isCut;
        InOnePiece = string.IsNullOrEmpty(whole) ? InOnePiece : whole;
        if (IsWhole)
        {
            Complete(null, events);
        }
    }

    /// <summary>The call is whole. Does nothing the second time.</summary>
    /// <param name="whole">All of its arguments, if at hand.</param>
    /// <param name="events">Receives the events.</param>
    public void Complete(string? whole, ICollection<StreamEvent> events)
    {
        if (complete || cut)
        {
            return;
        }

        if (!HasArguments)
        {
            // A tool without arguments: some providers send nothing, but a client wants an object.
            whole = string.IsNullOrEmpty(whole) ? InOnePiece ?? "{}" : whole;
            Add(whole, events);
        }

        Named(Name ?? "unknown", events);
        complete = true;
        events.Add(new StreamEvent(StreamEventKind.ToolCallComplete, string.IsNullOrEmpty(whole) ? arguments.ToString() : whole, index, Id, Name));
    }

    private void Start(string name, ICollection<StreamEvent> events)
    {
        begun = true;
        Name = name;
        Id ??= StreamIds.New("call_");
        events.Add(new StreamEvent(StreamEventKind.ToolCallStart, Index: index, Id: Id, Name: name));
    }
}
