using FsCheck;
using FsCheck.Fluent;

namespace Granary.Core.Tests.Sessions;

/// <summary>Sessions against a simple model, whatever is appended, superseded, folded, cleared and forgotten from memory.</summary>
public class SupersedingProperties
{
    private static readonly Arbitrary<int[]> Steps = Arb.From(Gen.Choose(0, 1_000_000).ArrayOf(50));

    [Fact]
    public void A_session_is_its_model() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(Steps, steps => RunAsync(steps).GetAwaiter().GetResult()));

    private static async Task RunAsync(int[] steps)
    {
        var session = new ModelledSession();
        await session.AppendAsync(SessionModel.User("begin"));
        foreach (var step in steps)
        {
            await StepAsync(session, step % 16, step / 16);
            await session.CheckAsync();
        }

        await session.RestartAsync();
        await session.CheckAsync();
        await session.CheckEpochsAsync();
        await session.CheckCopyAsync();
    }

    private static async Task StepAsync(ModelledSession session, int kind, int seed)
    {
        switch (kind)
        {
            case 0:
                await session.RestartAsync();
                break;
            case 1:
                await session.CompactAsync(new CompactOptions { Force = true, Strategy = (CompactionStrategy)(seed % 6) });
                break;
            case 2 when seed % 4 == 0:
                await session.ClearAsync();
                break;
            case 3:
                await session.AppendAsync(SessionModel.System($"rule {seed}"));
                break;
            case 4 or 5:
                await session.AppendAsync(SessionModel.User($"question {seed}"), SessionModel.Call($"c{seed % 50}-{session.Model.Last}"));
                break;
            case 6 or 7 when session.Model.Open().FirstOrDefault() is { } call:
                await session.AppendAsync(SessionModel.Result(call), SessionModel.Assistant($"so {seed}"));
                break;
            case 8 or 9 or 10 when session.Model.AnswerStart() is { } start:
                await session.SupersedeAsync(start, Answer(session, seed));
                break;
            case 11:
                await session.SupersedeAsync(1 + (seed % (session.Model.Last + 2)), Answer(session, seed));
                break;
            case 12:
                await session.AppendAsync(SessionModel.Assistant($"more {seed}"));
                break;
            case 13:
                await session.AppendAsync(SessionModel.User(string.Join(' ', Enumerable.Range(0, seed % 900).Select(i => $"word{i}")) + "."), SessionModel.Assistant("long"));
                break;
            default:
                await session.AppendAsync(SessionModel.User($"question {seed}"), SessionModel.Assistant($"answer {seed}"));
                break;
        }
    }

    private static Message[] Answer(ModelledSession session, int seed) => (seed % 4) switch
    {
        0 => [SessionModel.Call($"s{session.Model.Last}")],
        1 => [SessionModel.Call($"s{session.Model.Last}"), SessionModel.Result($"s{session.Model.Last}"), SessionModel.Assistant("done")],
        2 => [SessionModel.User("put otherwise"), SessionModel.Assistant("so")],
        _ => [SessionModel.Assistant($"better {seed}")],
    };
}
