using Granary.Core.Reflection;

namespace Granary.Core.Tests.Reflection;

/// <summary>The settings of reflection.</summary>
public class ReflectionOptionsTests
{
    [Fact]
    public void The_defaults_are_those_of_the_memory_service()
    {
        var options = new ReflectionOptions();
        options.Validate();
        (options.ThresholdTurns, options.ChunkTurns).ShouldBe((15, 10));
        options.Categories.ShouldBe(["preferences", "knowledge_level", "goals", "behavior_patterns", "learning_progress"]);
    }

    [Fact]
    public void A_wrong_setting_is_told_by_name()
    {
        Told(options => options.ThresholdTurns = 0).ShouldBe("Granary:Reflection:ThresholdTurns must be 1 to 10000.");
        Told(options => options.Categories = []).ShouldStartWith("Granary:Reflection:Categories");
        Told(options => options.IdleTime = TimeSpan.Zero).ShouldStartWith("Granary:Reflection:IdleTime");
    }

    private static string Told(Action<ReflectionOptions> change)
    {
        var options = new ReflectionOptions();
        change(options);
        return Should.Throw<InvalidOperationException>(options.Validate).Message;
    }
}
