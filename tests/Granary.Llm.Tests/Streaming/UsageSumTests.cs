using Granary.Llm.Streaming;

namespace Granary.Llm.Tests.Streaming;

public class UsageSumTests
{
    [Fact]
    public void Sums_too_large_to_be_one_stay_at_the_greatest_figure()
    {
        var most = new ChatUsage(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue);
        UsageSum.Of(most, most).ShouldBe(most);
        UsageSum.Of(most, new ChatUsage(1, 2, 3, 4, 5))!.TotalTokens.ShouldBe(int.MaxValue);
    }

    [Fact]
    public void Each_figure_is_added()
    {
        UsageSum.Of(new ChatUsage(1, 2, 3, 4, 5, 10), new ChatUsage(10, 20, 30, 40, 50)).ShouldBe(new ChatUsage(11, 22, 33, 44, 55, 40));
        UsageSum.Of(null, new ChatUsage(1, 2)).ShouldBe(new ChatUsage(1, 2));
        UsageSum.Of(new ChatUsage(1, 2), null).ShouldBe(new ChatUsage(1, 2));
        UsageSum.Of(null, null).ShouldBeNull();
    }
}
