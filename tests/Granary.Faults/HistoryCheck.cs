using System.Text.Json;

namespace Granary.Faults;

/// <summary>Compares the history that the server shows of a session with everything that was ever sent to it.</summary>
internal static class HistoryCheck
{
    /// <summary>Finds all differences.</summary>
    /// <param name="session">What was sent.</param>
    /// <param name="history">All messages, as the server gives them.</param>
    /// <param name="report">Hears of the differences.</param>
    /// <returns>Where each append of unknown outcome is: the sequence of its first message. Those that are not there are left out.</returns>
    public static IReadOnlyDictionary<Append, long> Compare(Session session, IReadOnlyList<JsonElement> history, Report report)
    {
        var appends = session.Appends;
        var found = Locate(session, appends, history, report);
        var unknown = new Dictionary<Append, long>();
        foreach (var append in appends)
        {
            var places = found[append.Number].Places;
            var stored = places.Count(place => place > 0);
            var name = $"append {append.Number} ({append.Outcome}, {places.Length} messages)";
            switch (append.Outcome)
            {
                case Outcome.Acknowledged or Outcome.Found when stored == 0:
                    report.Add(Fault.Lost, session, $"{name} at sequence {append.First} is gone; the history has {history.Count} messages");
                    continue;
                case Outcome.Absent or Outcome.Refused when stored > 0:
                    report.Add(Fault.Other, session, $"{name} is there at sequence {places.Max()}");
                    continue;
                case Outcome.Unknown when stored == places.Length:
                    unknown[append] = places[0];
                    break;
            }

            if (stored > 0 && !places.SequenceEqual(Enumerable.Range(0, places.Length).Select(index => places[0] + index)))
            {
                var sequences = string.Join(", ", places.Select(place => place == 0 ? "none" : $"{place}"));
                report.Add(Fault.Partial, session, $"{name} is not in one piece: sequences {sequences}");
            }
            else if (append.Outcome is Outcome.Acknowledged or Outcome.Found && places[0] != append.First)
            {
                report.Add(Fault.OutOfOrder, session, $"{name} was given the sequence {append.First} and is at {places[0]}");
            }
        }

        if (history.Count < session.Seen)
        {
            report.Add(Fault.Lost, session, $"an answer had shown sequence {session.Seen}, the history ends at {history.Count}");
        }

        CheckOrder(session, [.. found.Values.Where(f => f.Places[0] > 0).OrderBy(f => f.Places[0]).Select(f => f.Append)], report);
        return unknown;
    }

    /// <summary>Where each message of each append is: its sequence, or 0.</summary>
    private static Dictionary<long, (Append Append, long[] Places)> Locate(
        Session session, Append[] appends, IReadOnlyList<JsonElement> history, Report report)
    {
        var found = appends.ToDictionary(append => append.Number, append => (Append: append, Places: new long[append.Messages().Count]));
        (Append Of, IReadOnlyList<JsonElement> Messages)? sent = null;
        var before = 0L;
        foreach (var message in history)
        {
            var sequence = message.GetProperty("sequence").GetInt64();
            if (sequence != before + 1)
            {
                report.Add(Fault.OutOfOrder, session, $"in the history sequence {sequence} follows {before}");
            }

            before = sequence;

            if (Conversation.Identify(message) is not var (number, index) || !found.TryGetValue(number, out var match) || index >= match.Places.Length)
            {
                report.Add(Fault.Other, session, $"sequence {sequence} was never sent to this session: {Shortened(message)}");
                continue;
            }

            var (append, places) = match;
            if (places[index] > 0)
            {
                report.Add(Fault.Doubled, session, $"message {index} of append {number} ({append.Outcome}) is at the sequences {places[index]} and {sequence}");
                continue;
            }

            places[index] = sequence;
            if (sent?.Of != append)
            {
                sent = (append, append.Messages());
            }

            if (!IsSame(sent.Value.Messages[index], message)
                || (append.Ids is not null && message.GetProperty("id").GetString() != append.Ids[index]))
            {
                var instead = Shortened(sent.Value.Messages[index]);
                report.Add(Fault.Other, session, $"sequence {sequence} is not what was sent: {Shortened(message)} instead of {instead}");
            }
        }

        return found;
    }

    /// <summary>
    /// What was acknowledged before something else was sent comes before it, on one connection and over all of them; and nothing comes after
    /// an end.
    /// </summary>
    private static void CheckOrder(Session session, Append[] stored, Report report)
    {
        Append? earliest = null;
        foreach (var append in stored.Reverse())
        {
            if (earliest is not null && earliest.Answered < append.Sent)
            {
                report.Add(
                    Fault.OutOfOrder, session, $"append {append.Number} comes before append {earliest.Number}, and was sent after that was acknowledged");
            }

            if (append.Sent > session.EndedAt)
            {
                report.Add(Fault.OutOfOrder, session, $"append {append.Number} was sent after the end was acknowledged, and is there");
            }

            earliest = earliest is null || append.Answered < earliest.Answered ? append : earliest;
        }
    }

    /// <summary>Whether a stored message has all that was sent, unchanged, and nothing that the session does not give.</summary>
    private static bool IsSame(JsonElement sent, JsonElement stored)
    {
        foreach (var property in sent.EnumerateObject())
        {
            if (!stored.TryGetProperty(property.Name, out var value) || !(property.Name == "timestamp"
                ? property.Value.GetDateTimeOffset() == value.GetDateTimeOffset()
                : JsonElement.DeepEquals(property.Value, value)))
            {
                return false;
            }
        }

        return stored.EnumerateObject().All(
            property => property.Name is "id" or "sequence" or "turn" or "timestamp" || sent.TryGetProperty(property.Name, out _));
    }

    private static string Shortened(JsonElement message)
    {
        var text = message.GetRawText();
        return text.Length <= 300 ? text : text[..300] + "…";
    }
}
