using System.Globalization;

namespace Granary.Faults;

/// <summary>Kinds of faults.</summary>
internal enum Fault
{
    /// <summary>Acknowledged or seen, and gone.</summary>
    Lost,

    /// <summary>Stored more than once.</summary>
    Doubled,

    /// <summary>Not at its sequence, or not in the order in which it was acknowledged.</summary>
    OutOfOrder,

    /// <summary>Stored in part, or not in one piece.</summary>
    Partial,

    /// <summary>
    /// A read that ends before what another answer had shown when it was sent. Counted, and no failure: a silo that was frozen answers what came
    /// in before it learns that its sessions live elsewhere; it can store nothing.
    /// </summary>
    Stale,

    /// <summary>
    /// An erased session that begins anew with the message of its own start. Counted, and no failure: callers repeat a start that is not answered, and
    /// an attempt that lay in a frozen silo is carried out when it thaws. A start begins an erased session anew; nothing tells a late one from a new one.
    /// </summary>
    Late,

    /// <summary>Anything else that must not be: other content, a refusal, an error, a session's state.</summary>
    Other,
}

/// <summary>Figures of a round.</summary>
internal sealed class RoundFigures
{
    public int Acknowledged;
    public int Unknown;
    public int Retried;
    public int Sessions;
    public int Messages;
}

/// <summary>Counts, and prints what happens.</summary>
internal sealed class Report(TextWriter output)
{
    private const int DetailsPerKind = 8;
    private const int Hopeless = 100;

    private readonly Lock _gate = new();
    private readonly int[] _faults = new int[Enum.GetValues<Fault>().Length];
    private readonly List<(Fault Fault, string Text)> _details = [];
    private readonly List<double> _recoveries = [];
    private int _rounds;
    private int _stops;
    private long _acknowledged;
    private long _unknown;
    private long _retried;

    public bool HasFaults => _faults.Where((count, fault) => count > 0 && (Fault)fault is not (Fault.Stale or Fault.Late)).Any();

    /// <summary>Whether so much is wrong that looking for more takes time and tells nothing.</summary>
    public bool IsHopeless => _faults.Sum() > Hopeless;

    /// <summary>Whether there is anything to tell.</summary>
    public bool HasDetails => _details.Count > 0;

    public int Count(Fault fault) => _faults[(int)fault];

    public void Line(string text) => output.WriteLine(text);

    public void Add(Fault fault, string detail) => Add(fault, null, detail);

    public void Add(Fault fault, Session? session, string detail)
    {
        lock (_gate)
        {
            if (_faults[(int)fault]++ < DetailsPerKind)
            {
                _details.Add((fault, $"  {Name(fault)}: {(session is null ? "" : $"{session.Id} of {session.User}: ")}{detail}"));
            }
        }
    }

    /// <summary>Prints the line of a round.</summary>
    /// <param name="round">Its number.</param>
    /// <param name="killed">Whether the server was killed; otherwise it was stopped.</param>
    /// <param name="after">How long it was under load before.</param>
    /// <param name="figures">What came of it.</param>
    /// <param name="recovery">From the start of the process to its readiness.</param>
    public void Round(int round, bool killed, TimeSpan after, RoundFigures figures, TimeSpan recovery)
    {
        if (killed)
        {
            _rounds++;
            _recoveries.Add(recovery.TotalSeconds);
        }
        else
        {
            _stops++;
        }

        _acknowledged += figures.Acknowledged;
        _unknown += figures.Unknown;
        _retried += figures.Retried;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"round {round,3}: {(killed ? "killed " : "stopped")} after {after.TotalSeconds:0.00} s, "
            + $"{figures.Acknowledged,5} acknowledged, {figures.Unknown,3} unknown, {figures.Retried,3} retried, {figures.Messages,6} messages of {figures.Sessions,3} sessions verified, "
            + $"ready in {recovery.TotalSeconds:0.00} s (longest {_recoveries.DefaultIfEmpty().Max():0.00} s)"));
    }

    /// <summary>Prints the faults that were found, the first of each kind in full.</summary>
    public void PrintFaults()
    {
        output.WriteLine($"{_faults.Sum()} faults, the first of each kind:");
        foreach (var (_, text) in _details.OrderBy(detail => detail.Fault))
        {
            output.WriteLine(text);
        }
    }

    /// <summary>Prints the table.</summary>
    /// <param name="messages">Messages of all sessions, where they were all verified at the end.</param>
    /// <param name="sessions">Sessions that were verified at the end; 0 if the run ended before.</param>
    /// <param name="took">The whole run.</param>
    public void Summary(long messages, int sessions, TimeSpan took)
    {
        var sorted = _recoveries.Order().ToList();
        Row("rounds (SIGKILL)", _rounds);
        Row("stops (SIGTERM)", _stops);
        Row("acknowledged appends", _acknowledged);
        Row("unknown appends", _unknown);
        Row("retried appends", _retried);
        if (sessions > 0)
        {
            Row("messages in the end", messages);
            Row("sessions in the end", sessions);
        }

        CountRows();
        if (sorted.Count > 0)
        {
            Row("ready after SIGKILL, median", string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Count / 2]:0.00} s"));
            Row("ready after SIGKILL, longest", string.Create(CultureInfo.InvariantCulture, $"{sorted[^1]:0.00} s"));
        }

        Row("took", string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:0} s"));
    }

    /// <summary>Prints how many faults of each kind there are.</summary>
    public void CountRows()
    {
        foreach (var fault in Enum.GetValues<Fault>())
        {
            Row(Name(fault), _faults[(int)fault]);
        }
    }

    /// <summary>Prints a row of the table.</summary>
    public void Row(string name, object value) => output.WriteLine($"  {name,-30}{Convert.ToString(value, CultureInfo.InvariantCulture),10}");

    private static string Name(Fault fault) => fault == Fault.OutOfOrder ? "out of order" : fault.ToString().ToLowerInvariant();
}
