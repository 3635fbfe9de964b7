using System.Text.Json;
using Granary.Llm.Agents;
using Granary.Llm.Functions;

namespace Granary.Llm.Tests.Agents;

public sealed class ToolRunnerTests
{
    [Fact]
    public async Task A_tool_that_is_over_before_it_is_waited_for_has_its_result()
    {
        var registry = new FunctionRegistry();
        registry.Add(() => "at once", "quick", "Is quick.");
        var functions = new Dictionary<string, AgentFunction> { ["quick"] = (await registry.FindAsync("quick"))! };
        var results = new FunctionResult[1];
        var call = new PendingCall("c1", "quick", JsonDocument.Parse("{}").RootElement, false);
        using var time = new LateClock();
        await foreach (var _ in new ToolRunner(new ToolLoopOptions(), time).RunAsync([call], functions, new CallingContext(), results, CancellationToken.None))
        {
        }

        time.WasLate.ShouldBeTrue();
        results[0].Text.ShouldBe("at once");
    }

    /// <summary>Holds whoever reads it first, after the tool was begun, until the tool's own time limit has been put away.</summary>
    private sealed class LateClock : TimeProvider, IDisposable
    {
        private readonly ManualResetEventSlim _over = new();

        public bool WasLate { get; private set; }

        public override long GetTimestamp()
        {
            WasLate = _over.Wait(TimeSpan.FromSeconds(30)) || WasLate;
            return base.GetTimestamp();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(base.CreateTimer(callback, state, dueTime, period), _over);

        public void Dispose() => _over.Dispose();

        private sealed class Timer(ITimer timer, ManualResetEventSlim over) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

            public void Dispose()
            {
                timer.Dispose();
                over.Set();
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
