using System.Runtime.InteropServices;
using Granary.Core.Recall.Lexical;

namespace Granary.Core.Recall.Ranking;

/// <summary>One query's run over the index.</summary>
internal readonly ref struct Scoring
{
    /// <summary>Terms of a full statement: longer is no better, or long answers would stand before what a user said.</summary>
    private const int FullLength = 24;

    private const long Day = 86_400;

    // Years 1000 to 9000: room for "a year ago" on either side.
    private const long OldestNow = -30_610_224_000;
    private const long NewestNow = 221_845_392_000;

    private readonly LexicalIndex index;
    private readonly RecallOptions options;
    private readonly RecallQuery query;
    private readonly QueryScratch scratch;
    private readonly ReadQuery read;
    private readonly ReadOnlySpan<UnitEntry> units;
    private readonly long now;
    private readonly float[] norms;
    private readonly double averageSession;

    public Scoring(LexicalIndex index, RecallOptions options, RecallQuery query, QueryScratch scratch)
    {
        this.index = index;
        this.options = options;
        this.query = query;
        this.scratch = scratch;
        var count = index.UnitCount;
        units = index.Units[..count];
        scratch.Prepare(count, index.SourceCount);
        var newest = index.NewestTime == long.MinValue ? 0 : index.NewestTime;
        now = query.Now?.ToUnixTimeSeconds() ?? newest;
        read = ReadQuery.Read(query.Text, index, options, DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(now, OldestNow, NewestNow)));
        averageSession = Math.Max(1, (double)index.SessionLength / Math.Max(1, index.SessionCount));
        var averageLength = Math.Max(1, (double)index.AliveLength / Math.Max(1, index.AliveCount));
        norms = new float[LexicalIndex.PassageLength + 1];
        for (var length = 0; length < norms.Length; length++)
        {
            norms[length] = (float)(options.Saturation * (1 - options.LengthPenalty + (options.LengthPenalty * length / averageLength)));
        }
    }

    /// <summary>Fills the scratch.</summary>
    public void Run()
    {
        var total = 0.0;
        foreach (var (term, weight, isAsked) in read.Terms)
        {
            var frequency = index.Postings.Frequency(term);
            if (frequency > 0)
            {
                var rarity = weight * Rarity(index.AliveCount, frequency);
                total += isAsked ? rarity : 0;
                Add(term, (float)rarity, (float)(isAsked ? rarity : rarity * options.RelativeCoverage), weight);
            }
        }

        foreach (var related in read.Related)
        {
            Add(related);
        }

        // A unit with few of the terms asked for is seldom the answer, however often it has them.
        if (options.Coverage > 0 && total > 0)
        {
            foreach (var unit in scratch.Touched)
            {
                ref var cell = ref scratch.Cells[unit];
                var share = Math.Min(1, cell.Covered / total);
                cell.Words *= (float)(options.Coverage == 0.5 ? Math.Sqrt(share) : Math.Pow(share, options.Coverage));
            }
        }

        AddVectors();
    }

    /// <summary>The best units.</summary>
    public IReadOnlyList<RankedUnit> Best(int limit)
    {
        // Of a long unit its best passage stands for it: so more are kept than asked for, until units enough are among them.
        for (var keep = limit + 8L;; keep *= 4)
        {
            var top = new TopHits((int)Math.Min(keep, int.MaxValue));
            var most = MostFactor();
            foreach (var unit in scratch.Touched)
            {
                if (Base(unit) * most >= top.Threshold && Parts(unit).Total is > 0 and var score)
                {
                    top.Offer(unit, score);
                }
            }

            var best = top.Drain();
            var hits = new List<RankedUnit>(Math.Min(limit, best.Count));
            var taken = new HashSet<(int, long)>();
            foreach (var (unit, score) in best)
            {
                if (hits.Count < limit && taken.Add((units[unit].Source, units[unit].Sequence)))
                {
                    hits.Add(Hit(unit, score));
                }
            }

            if (hits.Count == limit || best.Count < keep)
            {
                return hits;
            }
        }
    }

    /// <summary>The best sessions: each by its best message.</summary>
    public IReadOnlyList<SessionHit> BestSessions(int limit)
    {
        var best = new Dictionary<int, (double Score, int Unit)>(scratch.TouchedSessions.Count);
        var most = MostFactor();
        foreach (var unit in scratch.Touched)
        {
            if (!units[unit].IsMessage)
            {
                continue;
            }

            ref var other = ref CollectionsMarshal.GetValueRefOrAddDefault(best, units[unit].Source, out var known);
            if (!known || Base(unit) * most >= other.Score)
            {
                var score = Parts(unit).Total;
                if (!known || (score, unit).CompareTo(other) > 0)
                {
                    other = (score, unit);
                }
            }
        }

        var top = new TopHits(limit);
        foreach (var (_, (score, unit)) in best)
        {
            if (score > 0)
            {
                top.Offer(unit, score);
            }
        }

        var hits = new List<SessionHit>();
        foreach (var hit in top.Drain())
        {
            hits.Add(Session(hit));
        }

        return hits;
    }

    private static double Rarity(int all, int having) => Math.Log(1 + ((all - having + 0.5) / (having + 0.5)));

    private void Add(int term, float rarity, float covered, double weight)
    {
        var before = ((float)options.Before[2], (float)options.Before[1], (float)options.Before[0]);
        var after = ((float)options.After[0], (float)options.After[1], (float)options.After[2]);
        var question = (float)(1 + options.AfterQuestion);
        var cells = scratch.Cells;
        foreach (var posting in index.Postings.Of(term))
        {
            var number = PostingTable.Unit(posting);
            if (number >= units.Length)
            {
                break;
            }

            ref readonly var unit = ref units[number];
            if (!Allowed(number))
            {
                continue;
            }

            ref var cell = ref cells[number];
            if (cell.Own == 0 && cell.Squares == 0)
            {
                scratch.Reached.Add(number);
            }

            var score = cell.Own = Has(number, PostingTable.Count(posting), rarity, covered);
            if (unit.IsMessage)
            {
                var next = (unit.Traits & UnitTraits.Question) != 0 ? score * question : score;
                var at = Spread(unit.Next, next * before.Item1, forward: true);
                at = Spread(at, next * before.Item2, forward: true);
                Spread(at, next * before.Item3, forward: true);
                at = Spread(unit.Previous, score * after.Item1, forward: false);
                at = Spread(at, score * after.Item2, forward: false);
                Spread(at, score * after.Item3, forward: false);
            }
        }

        var near = covered * (float)options.NearCoverage;

        // A neighbour's word adds less where the unit has it itself: the length of the vector, not the sum.
        foreach (var number in scratch.Reached)
        {
            ref var cell = ref cells[number];
            if (cell.Squares > 0 && Allowed(number))
            {
                Touch(number);
                cell.Covered += cell.Own == 0 ? near * Math.Min(1, MathF.Sqrt(cell.Squares)) : 0;
                cell.Neighbours += rarity * (MathF.Sqrt((cell.Own * cell.Own) + cell.Squares) - cell.Own);
            }

            cell.Own = cell.Squares = 0;
        }

        scratch.Reached.Clear();
        AddSessions(weight);
    }

    /// <summary>
    /// Looks for related terms as for one, which a passage has as often as all of them: many of them together are no better than one often. Neighbours
    /// get no part of it, that would be a guess about a guess.
    /// </summary>
    private void Add(RelatedTerms related)
    {
        foreach (var term in related.Terms)
        {
            foreach (var posting in index.Postings.Of(term))
            {
                var number = PostingTable.Unit(posting);
                if (number >= units.Length)
                {
                    break;
                }

                if (!units[number].IsRemoved)
                {
                    ref var cell = ref scratch.Cells[number];
                    if (cell.Own == 0)
                    {
                        scratch.Reached.Add(number);
                    }

                    cell.Own += PostingTable.Count(posting);
                }
            }
        }

        // A unit that is added meanwhile may be in the postings and not yet in the count.
        var frequency = scratch.Reached.Count;
        var rarity = (float)(related.Weight * Rarity(Math.Max(index.AliveCount, frequency), frequency));
        foreach (var number in scratch.Reached)
        {
            ref var cell = ref scratch.Cells[number];
            var count = cell.Own;
            cell.Own = 0;
            if (Allowed(number))
            {
                Has(number, count, rarity, rarity * (float)options.RelativeCoverage);
            }
        }

        scratch.Reached.Clear();
        AddSessions(related.Weight);
    }

    /// <summary>Counts for a passage and its session that the passage has a term.</summary>
    /// <returns>Its BM25 without the rarity.</returns>
    private float Has(int number, float count, float rarity, float covered)
    {
        ref readonly var unit = ref units[number];
        var score = count * ((float)options.Saturation + 1) / (count + norms[Math.Min(unit.Length, norms.Length - 1)]);
        Touch(number);
        ref var cell = ref scratch.Cells[number];
        cell.Words += rarity * score;
        cell.Covered += covered;
        if (unit.IsMessage)
        {
            ref var session = ref scratch.Sessions[unit.Source];
            if (session.Count == 0)
            {
                scratch.ReachedSessions.Add(unit.Source);
            }

            session.Count += count;
        }

        return score;
    }

    /// <summary>Gives a neighbour its part, and tells the one behind it.</summary>
    private int Spread(int number, float part, bool forward)
    {
        if (number < 0 || number >= units.Length)
        {
            return UnitEntry.None;
        }

        if (part > 0)
        {
            ref var cell = ref scratch.Cells[number];
            if (cell.Own == 0 && cell.Squares == 0)
            {
                scratch.Reached.Add(number);
            }

            cell.Squares += part * part;
        }

        return forward ? units[number].Next : units[number].Previous;
    }

    private void AddSessions(double weight)
    {
        var rarity = weight * Rarity(Math.Max(index.SessionCount, scratch.ReachedSessions.Count), scratch.ReachedSessions.Count);
        foreach (var session in scratch.ReachedSessions)
        {
            ref var cell = ref scratch.Sessions[session];
            var count = cell.Count;
            cell.Count = 0;
            if (cell.Score == 0)
            {
                scratch.TouchedSessions.Add(session);
            }

            cell.Score += (float)(rarity * count * 2.2 / (count + (1.2 * (0.25 + (0.75 * index.Source(session).Length / averageSession)))));
        }

        scratch.ReachedSessions.Clear();
    }

    private void AddVectors()
    {
        if (query.Vectors.Count == 0)
        {
            return;
        }

        var most = 0f;
        foreach (var unit in scratch.Touched)
        {
            most = Math.Max(most, scratch.Cells[unit].Words + scratch.Cells[unit].Neighbours);
        }

        var nearest = query.Vectors.Max(candidate => candidate.Cosine);
        foreach (var (unit, cosine) in query.Vectors)
        {
            if (unit < 0 || unit >= units.Length || cosine <= 0 || !Allowed(unit))
            {
                continue;
            }

            // A vector is of the whole unit; which passage of it has the words must not matter.
            var near = (float)options.Vectors * (most > 0 ? most : 1) * cosine / nearest;
            for (var passage = unit; passage < units.Length && (passage == unit || (units[passage].Traits & UnitTraits.Continued) != 0); passage++)
            {
                Touch(passage);
                scratch.Cells[passage].Vectors = near;
            }
        }
    }

    private bool Allowed(int number) => !units[number].IsRemoved && (query.Filter is not { } filter || filter(units[number], index));

    private void Touch(int number)
    {
        ref readonly var cell = ref scratch.Cells[number];
        if (cell.Words == 0 && cell.Neighbours == 0 && cell.Vectors == 0)
        {
            scratch.Touched.Add(number);
        }
    }

    /// <summary>A unit's score before its factors.</summary>
    private double Base(int number)
    {
        ref readonly var cell = ref scratch.Cells[number];
        var session = units[number].IsMessage ? options.Session * scratch.Sessions[units[number].Source].Score : 0;
        return cell.Words + cell.Neighbours + cell.Vectors + session;
    }

    /// <summary>More than the factors of any unit make together: who cannot reach the least of the best by it need not be looked at closely.</summary>
    private double MostFactor() =>
        1.0001 * (1 + Math.Max(options.NamedSpeaker, Math.Max(options.Asker, options.OwnWords))) * Math.Pow(FullLength + 3, options.Length)
        * (1 + options.FirstPerson) * (read.AsksName ? 1 + options.AskedName : 1) * (read.AsksWhen ? 1 + options.When : 1) * (read.AsksHowMany ? 1 + options.HowMany : 1) * (read.Time is null ? 1 : 1 + options.Date)
        * (1 + options.Recency) * (1 + options.Importance);

    private SessionHit Session((int Unit, double Score) best) =>
        new(index.Source(units[best.Unit].Source).Id, best.Score, Hit(best.Unit, best.Score));

    private RankedUnit Hit(int number, double score)
    {
        ref readonly var unit = ref units[number];
        return new RankedUnit(number, unit.Kind, index.Source(unit.Source).Id, unit.Sequence, unit.Tokens, score, Parts(number));
    }

    private ScoreParts Parts(int number)
    {
        ref readonly var unit = ref units[number];
        ref readonly var cell = ref scratch.Cells[number];
        return new ScoreParts(
            cell.Words, cell.Neighbours, unit.IsMessage ? options.Session * scratch.Sessions[unit.Source].Score : 0, cell.Vectors,
            Speaker(unit), Form(unit), Time(unit), Recency(unit), Record(unit));
    }

    private double Speaker(in UnitEntry unit)
    {
        if (read.Speaker != UnitEntry.None)
        {
            return unit.Name == read.Speaker ? 1 + options.NamedSpeaker : 1;
        }

        if (!unit.IsMessage || read.NamesSeveral || (unit.Role == MessageRole.User) == read.AsksAssistant)
        {
            return 1;
        }

        return 1 + (read.AsksOfAsker || read.AsksAssistant ? options.Asker : options.OwnWords);
    }

    /// <summary>Whether it was said by the one who is asked about, or nobody is to be preferred.</summary>
    private bool IsByAsked(in UnitEntry unit) => !unit.IsMessage || read.NamesSeveral || Speaker(unit) > 1;

    private double Form(in UnitEntry unit)
    {
        var factor = Math.Pow(Math.Min((int)unit.Length, FullLength) + 3, options.Length);
        factor *= (unit.Traits & UnitTraits.FirstPerson) != 0 ? 1 + options.FirstPerson : 1;
        factor *= read.AsksName && (unit.Traits & UnitTraits.Name) != 0 && IsByAsked(unit) ? 1 + options.AskedName : 1;
        return (unit.Traits & UnitTraits.Question) != 0 ? factor * (1 - options.Question) : factor;
    }

    private double Time(in UnitEntry unit)
    {
        var factor = read.AsksWhen && (unit.Traits & UnitTraits.Time) != 0 ? 1 + options.When : 1;
        factor *= read.AsksHowMany && (unit.Traits & UnitTraits.Number) != 0 ? 1 + options.HowMany : 1;
        if (read.Time is { } time)
        {
            // What happened is told on the day or in the days after.
            var days = unit.Time < time.From ? (time.From - unit.Time) / (double)Day * 3 : unit.Time < time.To ? 0 : (unit.Time - time.To) / (double)Day;
            factor *= 1 + (options.Date * Math.Exp(-days / 7));
        }

        return factor;
    }

    private double Recency(in UnitEntry unit) =>
        options.Recency == 0 ? 1 : 1 + (options.Recency * Math.Pow(0.5, Math.Max(0, now - unit.Time) / (double)Day / options.RecencyHalfLifeDays));

    private double Record(in UnitEntry unit)
    {
        if (unit.IsMessage)
        {
            return 1;
        }

        ref readonly var record = ref index.Source(unit.Source).Record;
        var factor = 1 + (options.Importance * ((record.Importance / 127.5) - 1));
        return now < record.ValidFrom || now >= record.ValidTo ? factor * options.Expired : factor;
    }
}
