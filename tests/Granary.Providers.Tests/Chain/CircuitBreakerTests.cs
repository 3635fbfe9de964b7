using FsCheck;
using FsCheck.Fluent;
using Granary.Conformance.Time;
using Granary.Providers.Chain;

namespace Granary.Providers.Tests.Chain;

public sealed class CircuitBreakerTests
{
    private const int Threshold = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(300);

    private enum Step
    {
        Succeed,
        Fail,
        Refuse,
        Abandon,
        EnterOnly,
        WaitALittle,
        WaitAPause,
    }

    [Fact]
    public void After_five_failures_it_is_open_for_five_minutes_and_then_lets_one_call_through()
    {
        var time = new ManualTimeProvider();
        var breaker = new CircuitBreaker(Threshold, Pause, time);
        for (var i = 0; i < Threshold; i++)
        {
            breaker.TryEnter().ShouldBeTrue();
            breaker.Failed();
        }

        breaker.State.ShouldBe(CircuitState.Open);
        breaker.OpenUntil.ShouldBe(time.GetUtcNow() + Pause);
        time.Advance(Pause - TimeSpan.FromTicks(1));
        breaker.TryEnter().ShouldBeFalse();
        time.Advance(TimeSpan.FromTicks(1));
        (breaker.State, breaker.OpenUntil).ShouldBe((CircuitState.HalfOpen, null));
        breaker.TryEnter().ShouldBeTrue();
        breaker.TryEnter().ShouldBeFalse();
        breaker.Succeeded();
        (breaker.State, breaker.Failures).ShouldBe((CircuitState.Closed, 0));
        breaker.TryEnter().ShouldBeTrue();
        breaker.TryEnter().ShouldBeTrue();
    }

    [Fact]
    public void Any_calls_leave_it_where_a_model_says() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<Step[]>(),
        steps =>
        {
            var time = new ManualTimeProvider();
            var breaker = new CircuitBreaker(Threshold, Pause, time);
            var (failures, openUntil, probing) = (0, default(DateTimeOffset?), false);
            foreach (var step in steps)
            {
                var now = time.GetUtcNow();
                var state = openUntil is null ? CircuitState.Closed : now < openUntil ? CircuitState.Open : CircuitState.HalfOpen;
                breaker.State.ShouldBe(state);
                breaker.Failures.ShouldBe(failures);
                if (step is Step.WaitALittle or Step.WaitAPause)
                {
                    time.Advance(step == Step.WaitALittle ? Pause / 3 : Pause);
                    continue;
                }

                var enters = state == CircuitState.Closed || (state == CircuitState.HalfOpen && !probing);
                breaker.TryEnter().ShouldBe(enters);
                if (!enters)
                {
                    continue;
                }

                probing = state == CircuitState.HalfOpen;
                switch (step)
                {
                    case Step.Succeed:
                        breaker.Succeeded();
                        (failures, openUntil, probing) = (0, null, false);
                        break;
                    case Step.Fail:
                        breaker.Failed();
                        failures++;
                        (openUntil, probing) = (failures >= Threshold ? now + Pause : null, false);
                        break;
                    case Step.Refuse:
                        breaker.Refused();
                        (failures, openUntil, probing) = (openUntil is null ? failures : 0, null, false);
                        break;
                    case Step.Abandon:
                        breaker.Abandoned();
                        probing = false;
                        break;
                }
            }
        }));
}
