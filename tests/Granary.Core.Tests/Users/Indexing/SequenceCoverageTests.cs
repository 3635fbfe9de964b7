using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Users.Indexing;

namespace Granary.Core.Tests.Users.Indexing;

public class SequenceCoverageTests
{
    private static readonly Gen<(bool Adds, int From, int To)[]> Steps =
        (from adds in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false))) from start in Gen.Choose(1, 40) from length in Gen.Choose(0, 9) select (adds, start, start + length)).ArrayOf();

    [Fact]
    public void It_covers_what_a_set_would() => Prop.ForAll(Steps.ToArbitrary(), steps =>
    {
        var coverage = new SequenceCoverage();
        var model = new SortedSet<long>();
        foreach (var (adds, from, to) in steps)
        {
            for (long i = from; i <= to; i++)
            {
                _ = adds ? model.Add(i) : model.Remove(i);
            }

            if (adds)
            {
                coverage.Add(from, to);
            }
            else
            {
                coverage.Remove(from, to);
            }
        }

        coverage.Stretches.SelectMany(s => Enumerable.Range((int)s.From, (int)(s.To - s.From) + 1)).Select(i => (long)i).ShouldBe(model);
        coverage.Stretches.Zip(coverage.Stretches.Skip(1)).ShouldAllBe(pair => pair.First.To + 1 < pair.Second.From);
        for (long from = 1; from <= 52; from++)
        {
            var gap = coverage.NextGap(from);
            var first = from;
            while (model.Contains(first))
            {
                first++;
            }

            var behind = model.GetViewBetween(first, long.MaxValue);
            gap.ShouldBe((first, behind.Count == 0 ? long.MaxValue : behind.Min - 1));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_stretch_that_ends_before_it_begins_is_refused() => Should.Throw<ArgumentOutOfRangeException>(() => new SequenceCoverage().Add(2, 1));
}
