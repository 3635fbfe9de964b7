using Granary.Core.Recall.Lexical;

namespace Granary.Core.Recall.Ranking;

/// <summary>One query's run over the index.</summary>
internal readonly ref struct Scoring
{
    private const int Reach = 3;
    private const long Day = 86_400;

    private readonly LexicalIndex index;
    private readonly RecallOptions options;
    private readonly RecallQuery query;
    private readonly QueryScratch scratch;
    private readonly ReadQuery read;
    private readonly ReadOnlySpan<UnitEntry> units;
    private readonly long now;
    private readonly double averageLength;
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
        read = ReadQuery.Read(query.Text, index, options, DateTimeOffset.FromUnixTimeSeconds(now));
        averageLength = Math.Max(1, (double)index.AliveLength / Math.Max(1, index.AliveCount));
        averageSession = Math.Max(1, (double)index.SessionLength / Math.Max(1, index.SessionCount));
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
                Add(term, (float)rarity, isAsked ? (float)rarity : 0, weight);
            }
        }

        // A unit with few of the terms asked for is seldom the answer, however often it has them.
        if (options.Coverage > 0 && total > 0)
        {
            foreach (var unit in scratch.Touched)
            {
                if (scratch.Words[unit] > 0)
                {
                    scratch.Words[unit] *= (float)Math.Pow(scratch.Covered[unit] / total, options.Coverage);
                }
            }
        }

        AddVectors();
    }

    /// <summary>The best units.</summary>
    public IReadOnlyList<RecallHit> Best(int limit)
    {
        var scored = new List<(double Score, int Unit)>(scratch.Touched.Count);
        foreach (var unit in scratch.Touched)
        {
            var score = Parts(unit).Total;
            if (score > 0)
            {
                scored.Add((score, unit));
            }
        }

        scored.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : b.Unit.CompareTo(a.Unit));
        var hits = new List<RecallHit>(Math.Min(limit, scored.Count));
        var taken = new HashSet<(int, long)>();
        foreach (var (score, unit) in scored)
        {
            if (hits.Count == limit)
            {
                break;
            }

            // Of a long unit, its best passage stands for it.
            if (taken.Add((units[unit].Source, units[unit].Sequence)))
            {
                hits.Add(Hit(unit, score));
            }
        }

        return hits;
    }

    /// <summary>The best sessions.</summary>
    public IReadOnlyList<SessionHit> BestSessions(int limit)
    {
        var best = new Dictionary<int, (double Score, int Unit)>();
        foreach (var unit in scratch.Touched)
        {
            if (!units[unit].IsMessage)
            {
                continue;
            }

            var score = Parts(unit).Total;
            if (score > 0 && (!best.TryGetValue(units[unit].Source, out var other) || score > other.Score || (score == other.Score && unit > other.Unit)))
            {
                best[units[unit].Source] = (score, unit);
            }
        }

        var order = best.ToList();
        order.Sort(static (a, b) => a.Value.Score != b.Value.Score ? b.Value.Score.CompareTo(a.Value.Score) : b.Key.CompareTo(a.Key));
        var hits = new List<SessionHit>(Math.Min(limit, order.Count));
        foreach (var (session, (score, unit)) in order)
        {
            if (hits.Count == limit)
            {
                break;
            }

            hits.Add(new SessionHit(index.Source(session).Id, score, Hit(unit, score)));
        }

        return hits;
    }

    private static double Rarity(int all, int having) => Math.Log(1 + ((all - having + 0.5) / (having + 0.5)));

    private void Add(int term, float rarity, float covered, double weight)
    {
        var saturation = (float)options.Saturation;
        var penalty = (float)options.LengthPenalty;
        foreach (var posting in index.Postings.Of(term))
        {
            var number = PostingTable.Unit(posting);
            if (number >= units.Length)
            {
                break;
            }

            ref readonly var unit = ref units[number];
            if (unit.IsRemoved || (query.Filter is { } filter && !filter(unit, index)))
            {
                continue;
            }

            var count = PostingTable.Count(posting);
            var score = count * (saturation + 1) / (count + (saturation * (1 - penalty + (penalty * unit.Length / (float)averageLength))));
            Touch(number);
            scratch.Words[number] += rarity * score;
            scratch.Covered[number] += covered;
            if (scratch.Own[number] == 0 && scratch.Squares[number] == 0)
            {
                scratch.Reached.Add(number);
            }

            scratch.Own[number] = score;
            if (unit.IsMessage)
            {
                ref var inSession = ref scratch.SessionCount[unit.Source];
                if (inSession == 0)
                {
                    scratch.ReachedSessions.Add(unit.Source);
                }

                inSession += count;
                Spread(unit.Next, next: true, unit.Traits.HasFlag(UnitTraits.Question) ? score * (float)(1 + options.AfterQuestion) : score);
                Spread(unit.Previous, next: false, score);
            }
        }

        // A neighbour's word adds less where the unit has it itself: the length of the vector, not the sum.
        foreach (var number in scratch.Reached)
        {
            var own = scratch.Own[number];
            if (scratch.Squares[number] > 0 && Allowed(number))
            {
                Touch(number);
                scratch.Neighbours[number] += rarity * (MathF.Sqrt((own * own) + scratch.Squares[number]) - own);
            }

            scratch.Own[number] = scratch.Squares[number] = 0;
        }

        scratch.Reached.Clear();
        AddSessions(weight);
    }

    private void Spread(int number, bool next, float score)
    {
        for (var distance = 1; distance <= Reach && number >= 0 && number < units.Length; distance++)
        {
            var part = score * (float)(next ? options.Before[Reach - distance] : options.After[distance - 1]);
            if (part > 0)
            {
                if (scratch.Own[number] == 0 && scratch.Squares[number] == 0)
                {
                    scratch.Reached.Add(number);
                }

                scratch.Squares[number] += part * part;
            }

            number = next ? units[number].Next : units[number].Previous;
        }
    }

    private void AddSessions(double weight)
    {
        var rarity = weight * Rarity(Math.Max(index.SessionCount, scratch.ReachedSessions.Count), scratch.ReachedSessions.Count);
        foreach (var session in scratch.ReachedSessions)
        {
            var count = scratch.SessionCount[session];
            scratch.SessionCount[session] = 0;
            if (scratch.Sessions[session] == 0)
            {
                scratch.TouchedSessions.Add(session);
            }

            scratch.Sessions[session] += (float)(rarity * count * 2.2 / (count + (1.2 * (0.25 + (0.75 * index.Source(session).Length / averageSession)))));
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
            most = Math.Max(most, scratch.Words[unit] + scratch.Neighbours[unit]);
        }

        var nearest = query.Vectors.Max(candidate => candidate.Cosine);
        foreach (var (unit, cosine) in query.Vectors)
        {
            if (unit >= 0 && unit < units.Length && cosine > 0 && Allowed(unit))
            {
                Touch(unit);
                scratch.Vectors[unit] = (float)options.Vectors * (most > 0 ? most : 1) * cosine / nearest;
            }
        }
    }

    private bool Allowed(int number) => !units[number].IsRemoved && (query.Filter is not { } filter || filter(units[number], index));

    private void Touch(int number)
    {
        if (scratch.Words[number] == 0 && scratch.Neighbours[number] == 0 && scratch.Vectors[number] == 0)
        {
            scratch.Touched.Add(number);
        }
    }

    private RecallHit Hit(int number, double score)
    {
        ref readonly var unit = ref units[number];
        return new RecallHit(number, unit.Kind, index.Source(unit.Source).Id, unit.Sequence, unit.Tokens, score, Parts(number));
    }

    private ScoreParts Parts(int number)
    {
        ref readonly var unit = ref units[number];
        var session = unit.IsMessage ? options.Session * scratch.Sessions[unit.Source] : 0;
        return new ScoreParts(
            scratch.Words[number], scratch.Neighbours[number], session, scratch.Vectors[number],
            Speaker(unit), Form(unit), Time(unit), Recency(unit), Record(unit));
    }

    private double Speaker(in UnitEntry unit)
    {
        if (read.Speaker != UnitEntry.None)
        {
            return unit.Name == read.Speaker ? 1 + options.NamedSpeaker : 1;
        }

        return unit.IsMessage && (unit.Role == MessageRole.User) != read.AsksAssistant ? 1 + options.OwnWords : 1;
    }

    private double Form(in UnitEntry unit)
    {
        var factor = Math.Pow(unit.Length + 3, options.Length);
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
