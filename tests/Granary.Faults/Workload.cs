using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Granary.Faults;

/// <summary>A request that was never answered.</summary>
/// <param name="Sent">When it was sent, in ticks of the stopwatch.</param>
/// <param name="At">When it turned out that there is no answer.</param>
/// <param name="What">The request and the error.</param>
internal sealed record LostAnswer(long Sent, long At, string What);

/// <summary>What is sent.</summary>
internal sealed record LoadStyle
{
    /// <summary>Whether every append can be sent again without being stored again.</summary>
    public bool AlwaysRepeatable { get; init; }

    /// <summary>Whether nothing is sent but turns to store.</summary>
    public bool StoresOnly { get; init; }

    /// <summary>How many workers may be at one session at a time, so that sessions which do not answer do not take them all.</summary>
    public int WorkersPerSession { get; init; } = int.MaxValue;

    /// <summary>What it is if a read ends before what an answer had shown when it was sent.</summary>
    public Fault Behind { get; init; } = Fault.Lost;
}

/// <summary>
/// Speaks to the server over many connections at once, each of which has one request under way, until there is no server any more.
/// All connections share the sessions.
/// </summary>
internal sealed class Workload
{
    private readonly Ledger _ledger;
    private readonly Report _report;
    private readonly int _connections;
    private readonly LoadStyle _style;

    /// <summary>The sessions in use; one that is ended gives its place to a new one.</summary>
    private readonly Session[] _places;

    private ConcurrentQueue<LostAnswer> _lost = new();

    public Workload(Ledger ledger, Report report, int connections, int sessions, LoadStyle? style = null)
    {
        _ledger = ledger;
        _report = report;
        _connections = connections;
        _style = style ?? new LoadStyle();

        // One in ten stays for the whole run.
        _places = [.. Enumerable.Range(0, sessions).Select(place => ledger.NewSession(stays: place % 10 == 0))];
    }

    /// <summary>The requests without an answer.</summary>
    public IReadOnlyCollection<LostAnswer> Lost => _lost;

    /// <summary>Sends one request, or a few that belong together, to a session of its choice.</summary>
    /// <returns>Whether there was an answer.</returns>
    public Task<bool> StepAsync(IConnection connection, Random random) => new Worker(this, connection, connection, random).StepAsync();

    /// <summary>Runs until every connection has lost the server.</summary>
    /// <returns>The requests without an answer.</returns>
    public async Task<IReadOnlyCollection<LostAnswer>> RunAsync(Uri address, int seed)
    {
        _lost = new ConcurrentQueue<LostAnswer>();
        using var second = new Connection(address, _connections);
        await Task.WhenAll(Enumerable.Range(0, _connections).Select(async number =>
        {
            using var connection = new Connection(address);
            var worker = new Worker(this, connection, second, new Random(unchecked((seed * 1_009) + number)));
            while (await worker.StepAsync())
            {
            }
        }));
        return _lost;
    }

    /// <summary>One connection. Each method answers whether the server still answers.</summary>
    private sealed class Worker(Workload all, IConnection connection, IConnection second, Random random)
    {
        /// <summary>How often a worker looks for a session that is not fully taken before it waits a little.</summary>
        private const int Choices = 20;

        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

        private readonly Ledger _ledger = all._ledger;
        private readonly Report _report = all._report;

        public async Task<bool> StepAsync()
        {
            for (var choice = 0; choice < Choices; choice++)
            {
                var place = random.Next(all._places.Length);
                var session = Volatile.Read(ref all._places[place]);
                if (session.TryEnter(all._style.WorkersPerSession))
                {
                    try
                    {
                        return await StepAsync(place, session);
                    }
                    finally
                    {
                        session.Leave();
                    }
                }
            }

            await Task.Delay(Pause);
            return true;
        }

        private Task<bool> StepAsync(int place, Session session) =>
            random.Next(all._style.StoresOnly ? 1 : 100) switch
            {
                < 40 => AppendAsync(NewAppend(session, Carrier.Store)),
                < 76 => AppendAsync(NewAppend(session, Carrier.Messages)),
                < 80 => AppendTwiceAsync(NewAppend(session, random.Next(2) == 0 ? Carrier.Store : Carrier.Messages, keyed: true)),
                < 84 => RepeatAsync(session),
                < 89 => CompactAsync(session),
                < 96 => ReadAsync(session),
                < 98 => session.Stays ? ReadAsync(session) : ReplaceAsync(place, session),
                _ => EraseAsync(),
            };

        private Append NewAppend(Session session, Carrier carrier, bool? keyed = null)
        {
            var number = _ledger.NextAppend();
            var ids = carrier == Carrier.Messages && random.Next(4) == 0;
            var key = keyed ?? (random.Next(2) == 0 || (all._style.AlwaysRepeatable && !ids)) ? $"key-{number}" : null;
            var body = carrier switch
            {
                Carrier.Store => Conversation.Turn(random, session, number),
                Carrier.Start => Conversation.Start(random, session, number),
                _ => Conversation.Messages(random, number, ids),
            };
            return new Append(session, number, carrier, body, carrier == Carrier.Start ? null : key, ids);
        }

        private async Task<bool> AppendAsync(Append append)
        {
            _ledger.Add(append);
            return Take(append, await connection.SendAsync(append));
        }

        /// <summary>The same append at the same time over two connections: one of them stores it, both get the same answer.</summary>
        private async Task<bool> AppendTwiceAsync(Append append)
        {
            _ledger.Add(append);
            var answers = await Task.WhenAll(connection.SendAsync(append), second.SendAsync(append));
            return Take(append, answers[0]) & Take(append, answers[1]);
        }

        private async Task<bool> RepeatAsync(Session session)
        {
            if (session.RecentKeyed(random) is not { } append)
            {
                return await ReadAsync(session);
            }

            _ledger.Touch(session);
            var sent = Stopwatch.GetTimestamp();
            var answer = await connection.SendAsync(append);
            if (answer.IsSuccess && !answer.Replayed)
            {
                _report.Add(Fault.Doubled, session, $"the repeat of append {append.Number} was not recognised: {answer}");
            }

            return answer.IsLost ? Lose(sent, answer, $"repeat of append {append.Number}") : Take(append, answer);
        }

        private bool Take(Append append, Answer answer)
        {
            if (answer.IsLost)
            {
                return Lose(append.Sent, answer, $"append {append.Number} to {append.Session.Id}");
            }

            if (answer.IsSuccess)
            {
                if (append.Accept(answer) is { } wrong)
                {
                    _report.Add(Fault.OutOfOrder, append.Session, wrong);
                }
            }
            else if (append.Outcome is Outcome.Unknown or Outcome.Refused && append.Session.EndRequested && answer.Is(409, "completed"))
            {
                append.Outcome = Outcome.Refused;
            }
            else if (!answer.Is(503, "stopping"))
            {
                _report.Add(Fault.Other, append.Session, $"append {append.Number} was answered with {answer}");
            }

            return true;
        }

        private async Task<bool> CompactAsync(Session session)
        {
            _ledger.Touch(session);
            var empty = session.Seen == 0;
            var sent = Stopwatch.GetTimestamp();
            var answer = await connection.PostAsync($"/sessions/{session.Id}/compact", session, new JsonObject { ["force"] = true });
            if (answer.IsLost)
            {
                return Lose(sent, answer, $"compaction of {session.Id}");
            }

            if (answer.IsSuccess)
            {
                session.Note(0, answer.Body.GetProperty("epoch").GetInt32());
            }
            else if (!(empty && answer.Status == 404) && !(session.EndRequested && answer.Is(409, "completed")) && !answer.Is(503, "stopping"))
            {
                _report.Add(Fault.Other, session, $"compaction was answered with {answer}");
            }

            return true;
        }

        private async Task<bool> ReadAsync(Session session)
        {
            _ledger.Touch(session);
            var (seen, epoch) = (session.Seen, session.Epoch);
            var sent = Stopwatch.GetTimestamp();
            var answer = await connection.PostAsync("/memory/context", session, new JsonObject { ["session_id"] = session.Id });
            if (answer.IsLost)
            {
                return Lose(sent, answer, $"context of {session.Id}");
            }

            if (answer.IsSuccess)
            {
                var last = answer.Body.GetProperty("last_sequence").GetInt64();
                var shown = answer.Body.GetProperty("epoch").GetInt32();
                if (last < seen || shown < epoch)
                {
                    _report.Add(all._style.Behind, session, $"a context ends at sequence {last} in epoch {shown}, after an answer had shown {seen} in epoch {epoch}");
                }

                session.Note(last, shown);
            }
            else if (!(seen == 0 && answer.Status == 404) && !answer.Is(503, "stopping"))
            {
                _report.Add(Fault.Other, session, $"its context was answered with {answer}");
            }

            return true;
        }

        /// <summary>Ends a session while others still write to it; a new one takes its place.</summary>
        private async Task<bool> ReplaceAsync(int place, Session session)
        {
            if (session.Seen == 0)
            {
                return await ReadAsync(session);
            }

            var next = _ledger.NewSession();
            if (random.Next(2) == 0 && !await AppendAsync(NewAppend(next, Carrier.Start)))
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref all._places[place], next, session) != session)
            {
                return true;
            }

            _ledger.Touch(session);
            session.EndRequested = true;
            var sent = Stopwatch.GetTimestamp();
            var answer = await connection.PostAsync("/sessions/end", session, new JsonObject { ["session_id"] = session.Id });
            if (answer.IsLost)
            {
                return Lose(sent, answer, $"end of {session.Id}");
            }

            if (answer.IsSuccess)
            {
                session.EndedAt = answer.At;
            }
            else if (!answer.Is(503, "stopping"))
            {
                _report.Add(Fault.Other, session, $"its end was answered with {answer}");
            }

            return true;
        }

        /// <summary>A session that is made to be erased.</summary>
        private async Task<bool> EraseAsync()
        {
            var session = _ledger.NewSession();
            for (var appends = random.Next(1, 4); appends > 0; appends--)
            {
                if (!await AppendAsync(NewAppend(session, appends == 3 ? Carrier.Start : Carrier.Messages)))
                {
                    return false;
                }
            }

            if (session.Seen == 0)
            {
                return true;
            }

            session.DeleteRequested = true;
            var sent = Stopwatch.GetTimestamp();
            var answer = await connection.DeleteAsync(session);
            if (answer.IsLost)
            {
                return Lose(sent, answer, $"erasure of {session.Id}");
            }

            if (answer.IsSuccess)
            {
                session.Deleted = true;
            }
            else if (!answer.Is(503, "stopping"))
            {
                _report.Add(Fault.Other, session, $"its erasure was answered with {answer}");
            }

            return true;
        }

        private bool Lose(long sent, Answer answer, string what)
        {
            all._lost.Enqueue(new LostAnswer(sent, answer.At, $"{what}: {answer.Error}"));
            return false;
        }
    }
}
