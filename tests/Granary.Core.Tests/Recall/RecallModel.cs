using Granary.Core.Recall.Analysis;
using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;

namespace Granary.Core.Tests.Recall;

/// <summary>Scores of words, neighbours and sessions the slow way, straight from a list of units; each short enough to be one passage.</summary>
internal sealed class RecallModel
{
    private readonly List<RecallUnit> units = [];

    public IReadOnlyList<RecallUnit> Units => units;

    public void Add(RecallUnit unit)
    {
        Remove(unit.Source, unit.Sequence, unit.Kind == UnitKind.Message);
        units.Add(unit);
    }

    public bool Remove(string source, long sequence, bool isMessage) => units.RemoveAll(u => Same(u, source, sequence, isMessage)) > 0;

    /// <summary>The sum of the score's parts that come from words, of each unit that a filter lets pass and that has any of its own or around it.</summary>
    public Dictionary<(string Source, long Sequence), double> Score(string query, RecallOptions options, Func<RecallUnit, bool> filter)
    {
        var texts = units.Select(u => Terms(u.Text)).ToList();
        var average = Math.Max(1, texts.Sum(t => t.Count) / (double)Math.Max(1, units.Count));
        var words = new double[units.Count];
        var covered = new double[units.Count];
        var around = new double[units.Count];
        var sessions = new Dictionary<string, double>();
        var total = 0.0;
        var all = units.Where(u => u.Kind == UnitKind.Message).GroupBy(u => u.Source).ToDictionary(g => g.Key, g => g.Sum(u => Terms(u.Text).Count));
        foreach (var term in Terms(query).Distinct())
        {
            var own = units.Select((u, i) => filter(u) ? texts[i].Count(t => t == term) : 0)
                .Select((n, i) => n == 0 ? 0 : n * (options.Saturation + 1) / (n + (options.Saturation * (1 - options.LengthPenalty + (options.LengthPenalty * texts[i].Count / average)))))
                .ToArray();
            var having = texts.Count(t => t.Contains(term));
            if (having == 0)
            {
                continue;
            }

            var rarity = Rarity(units.Count, having);
            total += rarity;
            for (var i = 0; i < units.Count; i++)
            {
                words[i] += rarity * own[i];
                var near = filter(units[i]) ? Near(i, own, options) : 0;
                covered[i] += own[i] > 0 ? rarity : rarity * options.NearCoverage * Math.Min(1, Math.Sqrt(near));
                around[i] += rarity * (Math.Sqrt((own[i] * own[i]) + near) - own[i]);
            }

            var hits = units.Select((u, i) => (u, n: filter(u) && u.Kind == UnitKind.Message ? texts[i].Count(t => t == term) : 0)).Where(x => x.n > 0)
                .GroupBy(x => x.u.Source).ToDictionary(g => g.Key, g => g.Sum(x => x.n));
            foreach (var (session, n) in hits)
            {
                var norm = 1.2 * (0.25 + (0.75 * all[session] / Math.Max(1, all.Values.Average())));
                sessions[session] = sessions.GetValueOrDefault(session) + (Rarity(all.Count, hits.Count) * n * 2.2 / (n + norm));
            }
        }

        return Enumerable.Range(0, units.Count).Where(i => words[i] + around[i] > 0).ToDictionary(
            i => (units[i].Source, units[i].Sequence),
            i => (words[i] > 0 ? words[i] * Math.Pow(Math.Min(1, covered[i] / total), options.Coverage) : 0) + around[i]
                + (units[i].Kind == UnitKind.Message ? options.Session * sessions.GetValueOrDefault(units[i].Source) : 0));
    }

    private static bool Same(RecallUnit unit, string source, long sequence, bool isMessage) =>
        unit.Source == source && (unit.Kind == UnitKind.Message) == isMessage && (!isMessage || unit.Sequence == sequence);

    private static double Rarity(int all, int having) => Math.Log(1 + ((all - having + 0.5) / (having + 0.5)));

    private static List<string> Terms(string text)
    {
        var terms = new TermList();
        TextAnalyzer.Analyze(text, terms);
        return [.. Enumerable.Range(0, terms.Count).Select(i => terms[i].ToString())];
    }

    private double Near(int at, double[] own, RecallOptions options)
    {
        if (units[at].Kind != UnitKind.Message)
        {
            return 0;
        }

        var session = units.Select((u, i) => (u, i)).Where(x => x.u.Kind == UnitKind.Message && x.u.Source == units[at].Source)
            .OrderBy(x => x.u.Sequence).Select(x => x.i).ToList();
        var place = session.IndexOf(at);
        var sum = 0.0;
        for (var d = 1; d <= 3; d++)
        {
            if (place - d >= 0)
            {
                var other = session[place - d];
                var asks = units[other].Text.EndsWith('?') ? 1 + options.AfterQuestion : 1;
                sum += Math.Pow(own[other] * asks * options.Before[3 - d], 2);
            }

            if (place + d < session.Count)
            {
                sum += Math.Pow(own[session[place + d]] * options.After[d - 1], 2);
            }
        }

        return sum;
    }
}
