using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;
using Shouldly;

namespace Granary.Core.Tests.Recall;

public class LexicalIndexProperties
{
    private static readonly string[] Words = ["violin", "garden", "tomato", "river", "7", "Lisbon", "chess", "bakery", "東京", "winter"];
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Factors and relatives off: what is left is what the model computes.</summary>
    private static readonly RecallOptions Plain = new()
    {
        NamedSpeaker = 0, OwnWords = 0, Asker = 0, Question = 0, When = 0, HowMany = 0, Date = 0, Length = 0, Importance = 0, Expired = 1, Family = 0, AskingTerm = 1,
        Synonyms = 0, Kinds = 0, AskedName = 0, FirstPerson = 0,
    };

    private static readonly Gen<string> Text =
        from words in Gen.Elements(Words).ListOf()
        from ask in Gen.Elements("", "", "?")
        select string.Join(' ', words.Take(12)) + ask;

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (12, from session in Gen.Choose(0, 2) from sequence in Gen.Choose(1, 12) from text in Text select new Step(Do.AddMessage, session, sequence, text)),
        (4, from record in Gen.Choose(0, 4) from text in Text select new Step(Do.AddRecord, record, 0, text)),
        (4, from session in Gen.Choose(0, 2) from sequence in Gen.Choose(1, 12) select new Step(Do.RemoveMessage, session, sequence, "")),
        (2, from record in Gen.Choose(0, 4) select new Step(Do.RemoveRecord, record, 0, "")),
        (1, from session in Gen.Choose(0, 2) select new Step(Do.RemoveSession, session, 0, "")),
        (2, Gen.Constant(new Step(Do.Store, 0, 0, ""))),
        (6, from text in Text from session in Gen.Choose(-1, 2) select new Step(Do.Ask, session, 0, text)));

    private enum Do
    {
        AddMessage,
        AddRecord,
        RemoveMessage,
        RemoveRecord,
        RemoveSession,
        Store,
        Ask,
    }

    [Fact]
    public void Whatever_is_added_replaced_removed_stored_and_loaded_is_ranked_as_the_slow_way_ranks_it() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Steps.ListOf().ToArbitrary(), steps => Run([.. steps])));

    private static void Run(IReadOnlyList<Step> steps)
    {
        var index = new LexicalIndex();
        var model = new RecallModel();
        foreach (var step in steps.Append(new Step(Do.Ask, -1, 0, "violin garden 7 Lisbon")))
        {
            switch (step.What)
            {
                case Do.AddMessage or Do.AddRecord:
                    var unit = Unit(step);
                    index.Add(unit);
                    model.Add(unit);
                    break;
                case Do.RemoveMessage:
                    index.Remove(UnitKind.Message, $"s{step.Source}", step.Sequence).ShouldBe(model.Remove($"s{step.Source}", step.Sequence, true));
                    break;
                case Do.RemoveRecord:
                    index.Remove(UnitKind.Fact, $"r{step.Source}", 0).ShouldBe(model.Remove($"r{step.Source}", 0, false));
                    break;
                case Do.RemoveSession:
                    var gone = model.Units.Where(u => u.Kind == UnitKind.Message && u.Source == $"s{step.Source}").ToList();
                    index.RemoveSource($"s{step.Source}", isSession: true).ShouldBe(gone.Count);
                    gone.ForEach(u => model.Remove(u.Source, u.Sequence, true));
                    break;
                case Do.Store:
                    index = Reload(index);
                    break;
                default:
                    Compare(index, model, step);
                    break;
            }

            index.AliveCount.ShouldBe(model.Units.Count);
        }
    }

    private static void Compare(LexicalIndex index, RecallModel model, Step step)
    {
        UnitFilter? filter = step.Source < 0 ? null : (in UnitEntry unit, LexicalIndex of) => of.Source(unit.Source).Id == $"s{step.Source}";
        var hits = new Recaller(index, Plain).Recall(new RecallQuery { Text = step.Text, Limit = 1000, Filter = filter, Now = Start });
        var expected = model.Score(step.Text, Plain, unit => step.Source < 0 || unit.Source == $"s{step.Source}");

        hits.Select(hit => (hit.Source, hit.Sequence)).ToHashSet().SetEquals(expected.Keys).ShouldBeTrue();
        hits.Select(hit => hit.Score).ShouldBe(hits.Select(hit => hit.Score).OrderDescending());
        foreach (var hit in hits)
        {
            hit.Score.ShouldBe(expected[(hit.Source, hit.Sequence)], 1e-3);
            hit.Parts.Total.ShouldBe(hit.Score, 1e-9);
        }
    }

    /// <summary>Through bytes, in segments of a few passages each.</summary>
    private static LexicalIndex Reload(LexicalIndex index)
    {
        var loaded = new LexicalIndex();
        for (var from = 0; from < index.UnitCount; from += 5)
        {
            var bytes = SegmentCodec.Encode(Segments.Take(index, from, Math.Min(index.UnitCount, from + 5)));
            Segments.Put(loaded, SegmentCodec.Decode(bytes));
        }

        return loaded;
    }

    private static RecallUnit Unit(Step step) => new()
    {
        Kind = step.What == Do.AddMessage ? UnitKind.Message : UnitKind.Fact,
        Source = (step.What == Do.AddMessage ? "s" : "r") + step.Source,
        Sequence = step.Sequence,
        Role = step.Sequence % 2 == 1 ? MessageRole.User : MessageRole.Assistant,
        Time = Start.AddMinutes(step.Sequence),
        Text = step.Text,
    };

    private sealed record Step(Do What, int Source, int Sequence, string Text);
}
