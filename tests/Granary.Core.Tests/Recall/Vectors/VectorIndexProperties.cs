using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Recall.Vectors;

namespace Granary.Core.Tests.Recall.Vectors;

/// <summary>The index against a dictionary: any order of adding, replacing, removing, storing and loading, searched in between.</summary>
public class VectorIndexProperties
{
    private const string Model = "model";
    private const int Units = 4_000;

    private enum Kind
    {
        Set,
        Remove,
        Thin,
        Store,
        LoadStored,
        Restart,
        Search,
    }

    private static readonly Gen<Step> Steps =
        from kind in Gen.Frequency(
            (4, Gen.Constant(Kind.Set)), (2, Gen.Constant(Kind.Remove)), (2, Gen.Constant(Kind.Thin)), (1, Gen.Constant(Kind.Store)),
            (1, Gen.Constant(Kind.LoadStored)), (1, Gen.Constant(Kind.Restart)), (3, Gen.Constant(Kind.Search)))
        from first in Gen.Choose(0, Units - 1)
        from count in Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(1, 1_500))
        from seed in Gen.Choose(0, int.MaxValue)
        select new Step(kind, first, count, seed);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(130)]
    public void Any_order_of_changes_is_searched_as_brute_force_does(int dimension) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(25),
        Prop.ForAll(Steps.ListOf().Select(steps => steps.ToList()).ToArbitrary(), steps => Run(dimension, steps).GetAwaiter().GetResult()));

    private static async Task Run(int dimension, List<Step> steps)
    {
        var index = new VectorIndex(Model, dimension);
        var model = new SortedDictionary<int, float[]>();
        List<(byte[] Body, Dictionary<int, float[]> Vectors)> stored = [];
        foreach (var step in steps)
        {
            var random = new Random(step.Seed);
            var units = Enumerable.Range(step.First, Math.Min(step.Count, Units - step.First)).ToList();
            switch (step.Kind)
            {
                case Kind.Set:
                    foreach (var unit in units)
                    {
                        index.Set(unit, model[unit] = SampleVectors.Any(random, dimension));
                    }

                    break;
                case Kind.Remove:
                    units.ForEach(unit => index.Remove(unit).ShouldBe(model.Remove(unit)));
                    break;
                case Kind.Thin:
                    units.Where(_ => random.Next(3) > 0).ToList().ForEach(unit => index.Remove(unit).ShouldBe(model.Remove(unit)));
                    break;
                case Kind.Store:
                    stored = Store(index, model);
                    break;
                case Kind.LoadStored:
                    foreach (var (body, vectors) in stored)
                    {
                        index.Load(VectorSegment.Decode(body));
                        vectors.ToList().ForEach(v => model[v.Key] = v.Value);
                    }

                    break;
                case Kind.Restart:
                    var segments = Store(index, model);
                    index = new VectorIndex(Model, dimension);
                    segments.ForEach(s => index.Load(VectorSegment.Decode(s.Body)));
                    break;
                default:
                    await Compare(index, model, random, dimension);
                    break;
            }

            index.Count.ShouldBe(model.Count);
        }

        await Compare(index, model, new Random(0), dimension);
    }

    private static List<(byte[] Body, Dictionary<int, float[]> Vectors)> Store(VectorIndex index, SortedDictionary<int, float[]> model) =>
    [
        .. model.Chunk(VectorSegment.MaxRows(index.Dimension))
            .Select(part => (index.Encode([.. part.Select(p => p.Key)]), part.ToDictionary(p => p.Key, p => p.Value))),
    ];

    private static async Task Compare(VectorIndex index, SortedDictionary<int, float[]> model, Random random, int dimension)
    {
        var query = SampleVectors.Any(random, dimension);
        Func<int, bool>? filter = random.Next(3) switch { 0 => null, 1 => unit => unit % 7 == 3, _ => unit => unit < Units / 2 };
        var top = random.Next(40, 60);

        // So many candidates that all are rescored: the answers must be the same to the last bit.
        var exact = await index.SearchAsync(new()
        {
            Vector = query, Top = top, Filter = filter, Oversample = 100, Exact = SampleVectors.Exact(Model, model),
        });
        exact.ShouldBe(SampleVectors.Nearest(model, query, top, filter));

        // The bytes alone: each score is near the true one, and what was left out is not much better than what was found.
        var quantised = await index.SearchAsync(new() { Vector = query, Top = top, Filter = filter });
        quantised.Count.ShouldBe(exact.Count);
        foreach (var hit in quantised)
        {
            hit.Score.ShouldBe(SampleVectors.Cosine(query, model[hit.Unit]), 0.02);
            SampleVectors.Cosine(query, model[hit.Unit]).ShouldBeGreaterThanOrEqualTo(exact[^1].Score - 0.04f);
        }
    }

    private sealed record Step(Kind Kind, int First, int Count, int Seed);
}
