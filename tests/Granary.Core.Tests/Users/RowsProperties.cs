using FsCheck;
using FsCheck.Fluent;

namespace Granary.Core.Tests.Users;

/// <summary>An activation that reads pages and the log knows what one knows that reads every record, whatever happened and wherever it was cut off.</summary>
public class RowsProperties
{
    private static readonly Arbitrary<int[]> Steps = Arb.From(Gen.Choose(0, 100_000_000).ArrayOf(60));

    [Fact]
    public void What_is_loaded_is_what_the_records_say() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(Steps, steps => RunAsync(steps).GetAwaiter().GetResult()));

    private static async Task RunAsync(int[] steps)
    {
        var bench = new RowsBench();
        foreach (var step in steps)
        {
            await bench.DoAsync(step);
        }

        await bench.CheckAsync();
    }
}
