using Granary.Core.Users;

namespace Granary.Core.Tests.Users;

public class MemoryVectorOptionsTests
{
    [Fact]
    public void A_wrong_setting_is_told_by_name()
    {
        new MemoryVectorOptions().Validate();
        Told(options => options.QueryTimeout = TimeSpan.Zero).ShouldBe("Granary:Vectors:QueryTimeout must be above zero and at most one minute.");
        Told(options => options.Delay = TimeSpan.FromSeconds(-1)).ShouldStartWith("Granary:Vectors:Delay");
        Told(options => options.BatchTexts = 0).ShouldStartWith("Granary:Vectors:BatchTexts");
    }

    private static string Told(Action<MemoryVectorOptions> change)
    {
        var options = new MemoryVectorOptions();
        change(options);
        return Should.Throw<InvalidOperationException>(options.Validate).Message;
    }
}
