using System.Diagnostics;
using Granary.Faults.Cluster;

namespace Granary.Faults.Tests;

public class FailoverTests
{
    private const int Lost = 1;
    private const int Alive = 2;

    [Fact]
    public void A_session_refused_by_a_living_silo_is_back_with_its_first_success_after_that() =>
        Find(At(Alive, 0.1, 0.2, passing: true), At(Alive, 1.9, 2.5), At(Alive, 3, 3.1)).Recoveries.ShouldBe([2.5], 0.001);

    [Fact]
    public void A_session_that_is_served_after_the_loss_and_then_refused_was_not_lost_but_blocked_later()
    {
        var failover = Find(At(Alive, 0.1, 0.2), At(Alive, 0.5, 0.6, passing: true), At(Alive, 4, 4.5));
        failover.Lost.ShouldBe(0);
        failover.Later.ShouldBe(1);
        failover.LongestLater.ShouldBe(4, 0.001);
    }

    [Fact]
    public void A_session_that_is_new_since_the_loss_was_not_lost()
    {
        Attempt[] attempts = [At(Alive, 0.1, 0.2, passing: true), At(Alive, 2, 2.1)];
        var failover = Failover.Find(attempts, Lost, Ticks(0), Ticks(10));
        failover.Active.ShouldBe(0);
        failover.Lost.ShouldBe(0);
        failover.Later.ShouldBe(1);
    }

    [Fact]
    public void A_refusal_by_the_lost_silo_itself_tells_nothing_about_the_session()
    {
        var failover = Find(At(Lost, 0.1, 0.2, passing: true), At(Alive, 0.2, 0.3));
        failover.Active.ShouldBe(1);
        (failover.Lost + failover.Later).ShouldBe(0);
    }

    [Fact]
    public void A_request_under_way_at_the_loss_that_waits_for_it_counts_from_the_loss() =>
        Find(At(Alive, -0.5, 3)).Recoveries.ShouldBe([3], 0.001);

    [Fact]
    public void A_request_that_was_all_but_answered_at_the_loss_is_no_success_after_it() =>
        Find(At(Alive, -0.5, 0.01), At(Alive, 0.02, 0.1, passing: true)).Unrecovered.ShouldBe(1);

    [Fact]
    public void A_session_that_is_not_served_until_the_end_is_not_recovered()
    {
        var failover = Find(At(Alive, 0.1, 5, passing: true), At(Alive, 5, 9, passing: true));
        failover.Recoveries.ShouldBeEmpty();
        failover.Unrecovered.ShouldBe(1);
    }

    [Fact]
    public void Throughput_is_told_apart_by_event_and_unanswered_calls_go_to_the_event_they_fell_into()
    {
        var journal = new CallJournal();
        for (var second = 0; second < 30; second++)
        {
            // Ten calls a second; from the kill at 10 s until the silo is back at 15 s only two.
            for (var call = 0; call < (second is >= 10 and < 15 ? 2 : 10); call++)
            {
                journal.Add(new Call(IsAppend: true, Ticks(second + 0.01), Ticks(second + 0.02), Attempts: 1, IsAnswered: true));
            }
        }

        journal.Add(new Call(IsAppend: true, Ticks(11), Ticks(41), Attempts: 9, IsAnswered: false));
        journal.Add(new Call(IsAppend: true, Ticks(20), Ticks(50), Attempts: 9, IsAnswered: false));
        var killed = new ClusterEvent(Scenario.Kill, Lost, Ticks(10)) { ReadyAt = Ticks(15) };
        var figures = new Figures(journal, [killed], Ticks(0), Ticks(30));
        figures.Calm!.Value.ShouldBe(10, 0.01);
        figures.During!.Value.ShouldBe(2, 0.01);
        figures.After!.Value.ShouldBe(10, 0.01);
        figures.Events.Single().Unanswered.ShouldBe(1);
        figures.Unanswered.ShouldBe(2);
        figures.UnansweredInCalm.ShouldBe(1);
        figures.Retries.ShouldBe(16);
    }

    /// <summary>A session that had been served before.</summary>
    private static Failover Find(params Attempt[] attempts) => Failover.Find([At(Lost, -5, -4.9), .. attempts], Lost, Ticks(0), Ticks(10));

    private static Attempt At(int silo, double sent, double ended, bool passing = false) => new(Session: 7, silo, Ticks(sent), Ticks(ended), passing);

    private static long Ticks(double seconds) => (long)((1_000 + seconds) * Stopwatch.Frequency);
}
