using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Faults;

/// <summary>
/// Compares what the server has after a restart with what it has promised, then does what callers do whose requests were never answered: sends
/// them again.
/// </summary>
/// <param name="ledger">What was sent and answered.</param>
/// <param name="report">Hears of the differences.</param>
/// <param name="seed">Decides what is sent again.</param>
/// <param name="ofCluster">
/// Whether it is a cluster whose silos are lost and frozen: a session may be acknowledged before its user's list has it, for the user may be on a silo that
/// was just lost; and a start may be carried out late (<see cref="Fault.Late"/>).
/// </param>
internal sealed class Verifier(Ledger ledger, Report report, int seed, bool ofCluster = false)
{
    /// <summary>Sessions that are compared at a time.</summary>
    public const int Parallelism = 8;

    private const int HistoryPage = 1_000;

    /// <summary>Small, so that lists have several pages.</summary>
    private const int ListPage = 50;

    /// <summary>How many acknowledged appends of a session are sent again.</summary>
    private const int Repeats = 2;

    /// <summary>Maintenance lists what a crash left unlisted: due after a minute, looked for every 15 seconds (a cluster: every minute); and some time for a busy machine.</summary>
    private static readonly TimeSpan MaintenancePatience = TimeSpan.FromSeconds(180);

    private int _comparisons;

    /// <summary>Compares sessions and the lists of all users.</summary>
    /// <param name="connection">The server; takes <see cref="Parallelism"/> requests at a time.</param>
    /// <param name="sessions">Which sessions.</param>
    /// <param name="figures">Counts what was done.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task VerifyAsync(IConnection connection, IReadOnlyCollection<Session> sessions, RoundFigures figures, CancellationToken cancellationToken)
    {
        var number = ++_comparisons;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(sessions, parallel, async (session, _) =>
        {
            if (report.IsHopeless)
            {
                return;
            }

            var check = new SessionCheck(connection, session, report, new Random(unchecked((((seed * 31) + number) * 1_009) + session.Number)), ofCluster);
            var mustBeListed = session.MustBeListed;
            await check.RunAsync();
            session.MustBeListed &= mustBeListed || !ofCluster;
            Interlocked.Add(ref figures.Messages, check.Messages);
            Interlocked.Add(ref figures.Retried, check.Retried);
        });
        figures.Sessions += sessions.Count;
        await VerifyListsAsync(connection);
    }

    /// <summary>Makes sure that sessions whose creation was never acknowledged come into their user's list.</summary>
    /// <param name="connection">The server; takes <see cref="Parallelism"/> requests at a time.</param>
    /// <param name="wait">Whether to wait for maintenance; otherwise a start, which awaits it, brings them there.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many there were.</returns>
    public async Task<int> VerifyUnlistedAsync(IConnection connection, bool wait, CancellationToken cancellationToken)
    {
        var patience = DateTime.UtcNow + MaintenancePatience;
        var count = 0;
        while (ledger.Sessions.Where(session => session is { Exists: true, MustBeListed: false }).ToList() is { Count: > 0 } owed)
        {
            count = Math.Max(count, owed.Count);
            if (wait && DateTime.UtcNow < patience)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
            else
            {
                foreach (var session in owed)
                {
                    session.MustBeListed = true;
                    if (!wait)
                    {
                        await StartAsync(connection, session);
                    }
                }
            }

            await VerifyListsAsync(connection);
        }

        return count;
    }

    private async Task StartAsync(IConnection connection, Session session)
    {
        var answer = await connection.PostAsync("/sessions/start", session, new JsonObject { ["session_id"] = session.Id });
        if (!answer.IsSuccess)
        {
            report.Add(Fault.Other, session, $"its start was answered with {answer}");
        }
    }

    /// <summary>Every session is exactly once in its user's list, and nothing else is.</summary>
    private async Task VerifyListsAsync(IConnection connection)
    {
        foreach (var sessions in ledger.Sessions.GroupBy(session => session.User))
        {
            var listed = new Dictionary<string, string>();
            string? after = null;
            do
            {
                var cursor = after is null ? "" : $"&after={Uri.EscapeDataString(after)}";
                var answer = await connection.GetAsync($"/sessions?limit={ListPage}{cursor}", sessions.Key);
                if (!answer.IsSuccess)
                {
                    report.Add(Fault.Other, $"the sessions of {sessions.Key} were answered with {answer}");
                    return;
                }

                foreach (var entry in answer.Body.GetProperty("sessions").EnumerateArray())
                {
                    var id = entry.GetProperty("session_id").GetString()!;
                    if (!listed.TryAdd(id, entry.GetProperty("status").GetString()!))
                    {
                        report.Add(Fault.Doubled, $"{id} is twice in the list of {sessions.Key}");
                    }
                }

                after = answer.Body.GetProperty("next").GetString();
            }
            while (after is not null);

            foreach (var session in sessions)
            {
                var isListed = listed.Remove(session.Id, out var status);
                if (isListed != session.Exists && (isListed || session.MustBeListed))
                {
                    report.Add(isListed ? Fault.Other : Fault.Lost, session, isListed ? "it is in the list and should not be" : "it is not in the list");
                }
                else if (isListed && (status == "completed") != session.EndedAt.HasValue)
                {
                    report.Add(Fault.Other, session, $"it is listed as {status}, its end was {(session.EndedAt.HasValue ? "" : "not ")}acknowledged");
                }

                session.MustBeListed |= isListed;
            }

            foreach (var id in listed.Keys)
            {
                report.Add(Fault.Other, $"the list of {sessions.Key} has {id}, which nobody made");
            }
        }
    }

    /// <summary>Compares one session.</summary>
    private sealed class SessionCheck(IConnection connection, Session session, Report report, Random random, bool startsMayBeLate)
    {
        public int Messages { get; private set; }

        public int Retried { get; private set; }

        public async Task RunAsync()
        {
            if (!session.Deleted && await ReadHistoryAsync() is { } history)
            {
                var unknown = HistoryCheck.Compare(session, history, report);
                NoteCreator(history);
                if (await SettleAsync(unknown) && !session.DeleteRequested)
                {
                    history = await ReadHistoryAsync() ?? [];
                    HistoryCheck.Compare(session, history, report);
                    NoteCreator(history);
                }

                Messages = history.Count;
                if (session.Exists && !session.DeleteRequested)
                {
                    await CheckStateAsync(history);
                    await CheckContextAsync(history);
                }
            }

            if (session.DeleteRequested)
            {
                await CheckErasedAsync();
            }
        }

        /// <summary>The whole history; null if the session is erased or cannot be read.</summary>
        private async Task<List<JsonElement>?> ReadHistoryAsync()
        {
            var history = new List<JsonElement>();
            for (long? from = 1; from is not null;)
            {
                var answer = await connection.GetAsync($"/sessions/{session.Id}/messages?from={from}&limit={HistoryPage}", session.User);
                session.Exists = answer.IsSuccess;
                if (answer.Status == 404 && history.Count == 0)
                {
                    return history;
                }

                if (!answer.IsSuccess)
                {
                    if (!(session.DeleteRequested && answer.Status == 410))
                    {
                        report.Add(answer.Status == 410 ? Fault.Lost : Fault.Other, session, $"its history was answered with {answer}");
                    }

                    return null;
                }

                history.AddRange(answer.Body.GetProperty("messages").EnumerateArray());
                from = answer.Body.GetProperty("next") is { ValueKind: JsonValueKind.Number } next ? next.GetInt64() : null;
            }

            return history;
        }

        /// <summary>Who creates a session is answered when it is listed; who only repeats that, or writes next, may be answered before.</summary>
        private void NoteCreator(List<JsonElement> history) =>
            session.MustBeListed |= session.EndedAt is not null
                || (history.Count > 0 && session.Appends.Any(append => append is { Outcome: Outcome.Acknowledged, AnsweredFirst: true, First: 1 }));

        /// <summary>Sends again what was not answered, as callers do, and some of what was.</summary>
        /// <returns>Whether anything may have changed.</returns>
        private async Task<bool> SettleAsync(IReadOnlyDictionary<Append, long> stored)
        {
            var sent = 0;
            foreach (var append in session.Appends.Where(append => append.Outcome == Outcome.Unknown))
            {
                var isStored = stored.TryGetValue(append, out var first);
                append.First = first;
                append.Outcome = isStored ? Outcome.Found : Outcome.Absent;
                append.WasFound = isStored;
                if (append.Repeatable && !session.DeleteRequested)
                {
                    sent++;
                    await RetryAsync(append, isStored);
                }
            }

            Retried = sent;
            var acknowledged = session.Appends.Where(append => append is { Outcome: Outcome.Acknowledged, Key: not null }).ToArray();
            for (var i = 0; i < Repeats && acknowledged.Length > 0 && !session.DeleteRequested; i++)
            {
                sent++;
                await RetryAsync(acknowledged[random.Next(acknowledged.Length)], isStored: true);
            }

            if (session is { EndRequested: true, EndedAt: null })
            {
                sent++;
                var answer = await connection.PostAsync("/sessions/end", session, new JsonObject { ["session_id"] = session.Id });
                if (answer.IsSuccess)
                {
                    session.EndedAt = answer.At;
                }
                else
                {
                    report.Add(Fault.Other, session, $"its end was answered with {answer}");
                }
            }

            return sent > 0;
        }

        private async Task RetryAsync(Append append, bool isStored)
        {
            var answer = await connection.SendAsync(append);
            if (answer.IsSuccess)
            {
                var firstAnswer = append.AnsweredFirst;
                if (append.Accept(answer) is { } wrong)
                {
                    report.Add(Fault.Doubled, session, wrong);
                }
                else if (append.AnsweredFirst != firstAnswer && isStored)
                {
                    report.Add(Fault.Doubled, session, $"append {append.Number} was there at {append.First} and was not recognised when it came again");
                }
                else if (!isStored && !append.AnsweredFirst)
                {
                    report.Add(Fault.Lost, session, $"append {append.Number} is not there, but was answered as a repeat");
                }
            }
            else if (!isStored && session.EndRequested && answer.Is(409, "completed"))
            {
                append.Outcome = Outcome.Refused;
            }
            else
            {
                report.Add(Fault.Other, session, $"the repeat of append {append.Number} was answered with {answer}");
            }
        }

        private async Task CheckStateAsync(List<JsonElement> history)
        {
            var answer = await connection.GetAsync($"/sessions/{session.Id}", session.User);
            if (!answer.IsSuccess)
            {
                report.Add(Fault.Other, session, $"its state was answered with {answer}");
                return;
            }

            var status = answer.Body.GetProperty("status").GetString();
            var last = answer.Body.GetProperty("last_sequence").GetInt64();
            if ((status == "completed") != session.EndedAt.HasValue)
            {
                report.Add(Fault.Other, session, $"it is {status}, its end was {(session.EndedAt.HasValue ? "" : "not ")}acknowledged");
            }

            if (last != history.Count || answer.Body.GetProperty("message_count").GetInt64() != history.Count)
            {
                report.Add(Fault.Other, session, $"its state says that it ends at {last}, its history ends at {history.Count}");
            }
        }

        /// <summary>The context is readable, shows what is stored, and no compaction that was seen is undone; so are the epochs before.</summary>
        private async Task CheckContextAsync(List<JsonElement> history)
        {
            var answer = await connection.PostAsync("/memory/context", session, new JsonObject { ["session_id"] = session.Id });
            if (!answer.IsSuccess)
            {
                report.Add(Fault.Other, session, $"its context was answered with {answer}");
                return;
            }

            var epoch = answer.Body.GetProperty("epoch").GetInt32();
            var last = answer.Body.GetProperty("last_sequence").GetInt64();
            if (epoch < session.Epoch || last != history.Count)
            {
                report.Add(
                    Fault.Lost,
                    session,
                    $"its context ends at {last} in epoch {epoch}; its history ends at {history.Count}, an answer had shown epoch {session.Epoch}");
            }

            session.Note(last, epoch);
            long before = 0;
            var turns = answer.Body.GetProperty("active_context").EnumerateArray();
            foreach (var message in turns.SelectMany(turn => turn.GetProperty("messages").EnumerateArray()))
            {
                var sequence = message.GetProperty("sequence").GetInt64();
                if (sequence <= before || sequence > history.Count || !JsonElement.DeepEquals(message, history[(int)sequence - 1]))
                {
                    report.Add(Fault.Other, session, $"its context has sequence {sequence} after {before}, or not as its history has it");
                }

                before = sequence;
            }

            var earlier = random.Next(1, epoch + 1);
            var view = await connection.GetAsync($"/sessions/{session.Id}/epochs/{earlier}", session.User);
            if (!view.IsSuccess)
            {
                report.Add(Fault.Other, session, $"its epoch {earlier} of {epoch} was answered with {view}");
            }
        }

        /// <summary>An erasure that was not acknowledged is asked for again. What is erased is gone, and nothing late brings it back.</summary>
        private async Task CheckErasedAsync()
        {
            if (startsMayBeLate && session.Deleted && await BeganAnewAsync())
            {
                report.Add(Fault.Late, session, "it was erased, and a late attempt of its start began it anew");
                session.Deleted = false;
            }

            if (!session.Deleted)
            {
                var answer = await connection.DeleteAsync(session);
                session.Deleted = answer.IsSuccess;
                if (!answer.IsSuccess)
                {
                    report.Add(Fault.Other, session, $"its erasure was answered with {answer}");
                    return;
                }
            }

            session.Exists = false;
            Answer[] answers =
            [
                await connection.SendAsync(session.Appends[^1]),
                await connection.GetAsync($"/sessions/{session.Id}", session.User),
                await connection.GetAsync($"/sessions/{session.Id}/messages", session.User),
                await connection.PostAsync("/memory/context", session, new JsonObject { ["session_id"] = session.Id }),
            ];
            foreach (var answer in answers.Where(answer => answer.Status != 410))
            {
                report.Add(Fault.Other, session, $"it is erased, and was answered with {answer}");
            }
        }

        /// <summary>Whether the session has the message of its start and nothing else. Before its erasure it had more: that would be no erasure.</summary>
        private async Task<bool> BeganAnewAsync()
        {
            var starts = session.Appends.Where(append => append.IsStart).Select(append => append.Number).ToHashSet();
            if (starts.Count == 0 || session.Appends.Length == starts.Count)
            {
                return false;
            }

            var answer = await connection.GetAsync($"/sessions/{session.Id}/messages", session.User);
            return answer.IsSuccess && answer.Body.GetProperty("messages") is var messages && messages.GetArrayLength() == 1
                && Conversation.Identify(messages[0]) is var (number, _) && starts.Contains(number);
        }
    }
}
