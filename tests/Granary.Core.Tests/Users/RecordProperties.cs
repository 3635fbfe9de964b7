using FsCheck;
using FsCheck.Fluent;
using Granary.Conformance.Stores;
using Granary.Core.Users;
using Granary.Core.Users.Records;

namespace Granary.Core.Tests.Users;

/// <summary>A user's records against a simple model, whatever is done with them, forgotten from memory and lost by the store.</summary>
public class RecordProperties
{
    private static readonly Arbitrary<int[]> Steps = Arb.From(Gen.Choose(0, 100_000_000).ArrayOf(60));

    [Fact]
    public void The_records_and_their_histories_are_those_of_the_model() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(Steps, steps => RunAsync(steps).GetAwaiter().GetResult()));

    private static async Task RunAsync(int[] steps)
    {
        var user = new ModelledRecords(new UserBench(new MemoryLifecycleOptions { ArchiveInactiveDays = 90 }));
        foreach (var step in steps)
        {
            await StepAsync(user, step % 20, step / 20);
            await user.CheckListAsync();
        }

        await user.CheckAsync();
        user.Bench.Restart();
        await user.CheckAsync();
    }

    private static async Task StepAsync(ModelledRecords user, int kind, int seed)
    {
        switch (kind)
        {
            case 0:
                // One that was only forgotten would write pages yet, against the next.
                await (await user.Bench.ActorAsync()).LeaveAsync(CancellationToken.None);
                user.Bench.Restart();
                break;
            case 1:
                user.Bench.Time.Advance(TimeSpan.FromHours(seed % 300));
                break;
            case 2:
                user.Bench.Time.Advance(TimeSpan.FromDays(seed % 60));
                await user.MaintainAsync();
                break;
            case 3 or 4:
                await user.UpdateAsync(seed, seed / 7);
                break;
            case 5:
                await user.PinAsync(seed);
                break;
            case 6 or 7:
                await user.DeleteAsync(seed, purge: false);
                break;
            case 8:
                await user.DeleteAsync(seed, purge: true);
                break;
            case 9 or 10:
                await user.RestoreAsync(seed);
                break;
            case 11:
                await user.TouchAsync(seed);
                break;
            case 12:
                await user.ForgetAsync(seed);
                break;
            case 13:
                await user.RememberManyAsync(seed);
                break;
            case 14:
                user.Bench.Store.FailCommits(
                    1,
                    seed % 2 == 0 ? FaultPoint.BeforeWrite : FaultPoint.AfterWrite,
                    commit => commit.Writes.Any(write => write.Id.StartsWith(RecordDocumentIds.RedoPrefix, StringComparison.Ordinal)));
                await user.LoseAsync();
                break;
            default:
                await user.RememberAsync(seed);
                break;
        }
    }
}
