using System.Globalization;
using Xunit.Abstractions;

namespace Granary.Core.Tests.Storage.Paged.Histories;

/// <summary>
/// The model check of the paged store. <c>GRANARY_PAGED_HISTORIES=20000</c> runs that many histories instead of the usual; the output of the
/// test sums them up.
/// </summary>
public sealed class HistoryTests(ITestOutputHelper output)
{
    private const int Usual = 2_000;

    private static readonly int Histories = int.Parse(
        Environment.GetEnvironmentVariable("GRANARY_PAGED_HISTORIES") ?? $"{Usual}", NumberStyles.None, CultureInfo.InvariantCulture);

    [Fact]
    public void Random_histories_with_faults_crashes_and_two_writers_lose_double_or_mix_up_nothing()
    {
        var (counts, found) = Run(Variant.Sound, Histories);

        output.WriteLine($"variant={Variant.Sound} {counts}");
        found.ShouldBeEmpty();
        counts.Acked.ShouldBeGreaterThan(Histories * 10);
        counts.Unknown.ShouldBeGreaterThan(Histories);
        counts.Flushes.ShouldBeGreaterThan(Histories);
        counts.Removed.ShouldBeGreaterThan(Histories);
        counts.Recreations.ShouldBeGreaterThan(Histories / 100);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_broken_store_is_found_out(int variant)
    {
        var (counts, found) = Run((Variant)variant, 300);

        output.WriteLine($"variant={(Variant)variant} {counts}; {string.Join("; ", found.Select(f => f[..Math.Min(f.Length, 90)]).Distinct().Take(4))}");
        counts.Violating.ShouldBeGreaterThan(3);
    }

    private static (HistoryCounts Counts, List<string> Found) Run(Variant variant, int histories)
    {
        var all = new HistoryCounts();
        var found = new List<string>();
        var gate = new Lock();
        Parallel.For(1, histories + 1, seed =>
        {
            var history = new History(seed, variant);
            history.Run();
            lock (gate)
            {
                all.Add(history.Counts);
                found.AddRange(history.Violations.Take(1).Select(v => $"seed {seed}: {v}"));
            }
        });
        return (all, found);
    }
}
