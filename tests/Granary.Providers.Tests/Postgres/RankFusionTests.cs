using FsCheck;
using FsCheck.Fluent;
using Granary.Providers.Postgres;

namespace Granary.Providers.Tests.Postgres;

public sealed class RankFusionTests
{
    [Fact]
    public void What_is_first_everywhere_has_a_score_of_one() =>
        RankFusion.Fuse([(["a", "b"], 1), (["a"], 0.5), ([], 1)], 10).ShouldBe([("a", 1.0), ("b", RankFusion.Fuse([(["a", "b"], 1), (["a"], 0.5)], 10)[1].Score)]);

    [Fact]
    public void Good_in_two_lists_beats_best_in_one() =>
        RankFusion.Fuse([(["a", "x"], 1), (["b", "x"], 1)], 10)[0].Id.ShouldBe("x");

    [Fact]
    public void Nothing_gives_nothing() => RankFusion.Fuse([([], 1)], 10).ShouldBeEmpty();

    [Fact]
    public void Fused_lists_hold_each_once_the_best_first_with_scores_up_to_one() => Prop.ForAll<int[][], int>((lists, most) =>
    {
        var limit = (Math.Abs(most % 20)) + 1;
        var given = lists.Select(list => ((IReadOnlyList<string>)[.. list.Distinct().Select(n => $"m{n}")], 1.0)).ToList();
        var fused = RankFusion.Fuse(given, limit);
        fused.Select(hit => hit.Id).ShouldBeUnique();
        fused.Count.ShouldBe(Math.Min(limit, given.SelectMany(list => list.Item1).Distinct().Count()));
        fused.Select(hit => hit.Score).ShouldBe(fused.Select(hit => hit.Score).OrderDescending());
        fused.ShouldAllBe(hit => hit.Score > 0 && hit.Score <= 1);
    }).QuickCheckThrowOnFailure();
}
