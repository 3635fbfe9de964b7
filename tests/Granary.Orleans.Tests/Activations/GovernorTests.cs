using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Compaction;
using Granary.Core.Sessions;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Granary.Orleans.Activations;
using Granary.Orleans.Cluster;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Orleans.Tests.Activations;

/// <summary>Who leaves when there are too many or memory runs short.</summary>
public sealed class GovernorTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Memory _memory = new();
    private readonly List<Fake> _all = [];
    private readonly WarningCounter _log = new();

    [Fact]
    public void Beyond_the_ceiling_the_longest_idle_leave_and_the_hot_ones_stay()
    {
        var governor = Open(options => options.MaxSessions = 100);
        var cold = Add(100);
        var hot = Add(100);
        for (var round = 0; round < 3; round++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            hot.ForEach(activation => activation.Touch());
        }

        governor.Silo.Activations.Sessions.Count.ShouldBe(200);
        governor.Look();
        hot.ShouldAllBe(activation => !activation.HasLeft);
        cold.ShouldAllBe(activation => activation.HasLeft);
        governor.Silo.Activations.Sessions.Count.ShouldBe(100);
        governor.Look().ShouldBe(0);
    }

    [Fact]
    public void Who_was_asked_to_leave_is_counted_once_however_long_it_takes()
    {
        var governor = Open(options => options.MaxSessions = 10);
        Add(30);
        _time.Advance(TimeSpan.FromMinutes(1));
        governor.Look().ShouldBe(20);
        governor.Look().ShouldBe(0);
        (governor.Silo.Activations.Sessions.Evictions, governor.Silo.Activations.Sessions.Count).ShouldBe((20, 10));
        _all.Count(activation => activation.HasLeft).ShouldBe(20);
    }

    [Fact]
    public void Who_is_at_work_stays_though_it_is_the_longest_idle()
    {
        var governor = Open(options => options.MaxSessions = 1);
        var atWork = Add(2, atWork: true);
        var rest = Add(3);
        _time.Advance(TimeSpan.FromHours(1));
        governor.Look();
        atWork.ShouldAllBe(activation => !activation.HasLeft);
        rest.ShouldAllBe(activation => activation.HasLeft);
    }

    [Fact]
    public void Who_is_at_work_is_kept_until_the_look_after_the_next()
    {
        var governor = Open(options => options.GovernorInterval = TimeSpan.FromSeconds(7));
        var atWork = Add(1, atWork: true)[0];
        var idle = Add(1)[0];
        governor.Look();

        // Longer than two intervals: the look after the next may be late.
        atWork.Stays.ShouldBeInRange(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(20));
        idle.Stays.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Who_is_at_work_and_has_just_left_does_not_keep_the_others_from_staying()
    {
        var governor = Open();
        var atWork = Add(20, atWork: true);
        foreach (var gone in atWork.Take(10))
        {
            gone.Stayed = () => throw new InvalidOperationException("The activation is invalid.");
        }

        governor.Look().ShouldBe(0);
        atWork.Skip(10).ShouldAllBe(activation => activation.Stays > TimeSpan.Zero);
    }

    [Fact]
    public void Users_have_a_ceiling_of_their_own()
    {
        var governor = Open(options => (options.MaxSessions, options.MaxUsers) = (100, 10));
        var sessions = Add(50);
        var users = Add(50, users: true);
        _time.Advance(TimeSpan.FromMinutes(1));
        governor.Look();
        sessions.ShouldAllBe(activation => !activation.HasLeft);
        users.Count(activation => !activation.HasLeft).ShouldBe(10);
    }

    [Fact]
    public void When_memory_runs_short_the_longest_idle_leave_first_until_it_is_down_to_the_target()
    {
        var governor = Open(options => (options.MaxSessions, options.MemoryLimit, options.MemoryTarget) = (10_000, 0.8, 0.7));
        foreach (var _ in Enumerable.Range(0, 200))
        {
            Add(1);
            _time.Advance(TimeSpan.FromSeconds(6));
        }

        // Each holds 0.0045 of the memory: 200 are 0.9 of it.
        _memory.Used = () => _all.Count(activation => !activation.HasLeft) * 0.0045;
        governor.Look().ShouldBe(0);
        var looks = 1;
        while (governor.Look() > 0)
        {
            (++looks).ShouldBeLessThan(100);
        }

        var left = _all.Select(activation => activation.HasLeft).ToList();
        left.LastIndexOf(true).ShouldBe(left.IndexOf(false) - 1);
        _memory.Used().ShouldBeInRange(0.69, 0.8);
        _memory.Collected.ShouldBe(looks);
    }

    [Fact]
    public void One_very_old_session_does_not_keep_the_many_middle_aged_from_leaving()
    {
        var governor = Open(options => (options.MaxSessions, options.MemoryLimit, options.MemoryTarget) = (10_000, 0.8, 0.7));
        var oldest = Add(1)[0];
        _time.Advance(TimeSpan.FromMinutes(1));
        Add(2_000);
        _time.Advance(TimeSpan.FromMinutes(9));
        _memory.Used = () => _all.Count(activation => !activation.HasLeft) * 0.00045;
        governor.Look().ShouldBe(0);
        governor.Look().ShouldBeGreaterThan(400);
        oldest.HasLeft.ShouldBeTrue();
        _memory.Used().ShouldBeInRange(0.69, 0.71);
    }

    [Fact]
    public void Memory_takes_nothing_that_is_in_use()
    {
        var governor = Open();
        var young = Add(50);
        _time.Advance(TimeSpan.FromSeconds(29));
        _memory.Used = () => 5;
        governor.Look().ShouldBe(0);
        governor.Look().ShouldBe(0);
        var old = Add(1)[0];
        old.LastUse -= TimeSpan.FromSeconds(30).Ticks;
        var busy = Add(1, atWork: true)[0];
        busy.LastUse -= TimeSpan.FromHours(1).Ticks;
        governor.Look().ShouldBe(1);
        (old.HasLeft, busy.HasLeft, young.Any(activation => activation.HasLeft)).ShouldBe((true, false, false));
        governor.Look().ShouldBe(0);
    }

    [Fact]
    public void Garbage_is_collected_before_anyone_leaves()
    {
        var governor = Open();
        Add(50);
        _time.Advance(TimeSpan.FromHours(1));
        for (var crossing = 1; crossing <= 2; crossing++)
        {
            _memory.Used = () => 0.9;
            governor.Look().ShouldBe(0);
            _memory.Collected.ShouldBe(crossing);
            _memory.Used = () => 0.3;
            governor.Look().ShouldBe(0);
        }
    }

    [Fact]
    public void Memory_that_is_short_with_nothing_idle_is_warned_of_once_and_again_when_it_runs_short_again()
    {
        var governor = Open();
        Add(1, atWork: true);
        for (var crossing = 1; crossing <= 2; crossing++)
        {
            _memory.Used = () => 0.9;
            for (var look = 0; look < 5; look++)
            {
                governor.Look().ShouldBe(0);
            }

            _log.Warnings.ShouldBe(crossing);
            _memory.Used = () => 0.3;
            governor.Look();
        }
    }

    [Theory]
    [InlineData(300, 400, 500, 0.4)]
    [InlineData(300, 400, 900, 0.8)]
    [InlineData(300, 900, 500, 0.3)]
    public void What_the_heap_has_grown_by_is_counted_once(long live, long committed, long resident, double share) =>
        ProcessMemory.Share(live, committed, resident, 1_000).ShouldBe(share);

    [Fact]
    public void Below_the_limit_nothing_leaves_for_memory()
    {
        var governor = Open();
        Add(50);
        _time.Advance(TimeSpan.FromHours(1));
        _memory.Used = () => 0.79;
        governor.Look().ShouldBe(0);
        _memory.Collected.ShouldBe(0);
    }

    [Fact]
    public void A_measure_that_says_nothing_sends_nothing_away()
    {
        var governor = Open();
        Add(50);
        _time.Advance(TimeSpan.FromHours(1));
        foreach (var nonsense in (double[])[double.NaN, double.PositiveInfinity])
        {
            _memory.Used = () => nonsense;
            governor.Look().ShouldBe(0);
        }
    }

    [Fact]
    public void The_process_s_memory_is_a_share_of_what_it_may_use()
    {
        var share = new ProcessMemory().UsedShare();
        share.ShouldBeInRange(0.0001, 2);
    }

    [Fact]
    public void What_was_unused_for_a_minute_gives_back_what_it_can_make_again()
    {
        var governor = Open();
        var old = Add(1)[0];
        _time.Advance(TimeSpan.FromMinutes(1));
        var young = Add(1)[0];
        governor.Look();
        (old.Trims, young.Trims, old.HasLeft).ShouldBe((1, 0, false));
    }

    private OpenGovernor Open(Action<GranaryOrleansOptions>? configure = null)
    {
        var options = new GranaryOrleansOptions { TimeProvider = _time };
        configure?.Invoke(options);
        options.Validate();
        var silo = new SiloServices(
            options, new InMemoryPartitionStore(_time), new ScriptAwareTokenCounter(), new ExtractiveSummarizer(), null!, NullLogger<SessionActor>.Instance,
            NullLogger<UserActor>.Instance);
        _silo = silo;
        return new OpenGovernor(silo, new Governor(silo, _memory, _log));
    }

    private SiloServices _silo = null!;

    private List<Fake> Add(int count, bool atWork = false, bool users = false)
    {
        var tracker = users ? _silo.Activations.Users : _silo.Activations.Sessions;
        var added = Enumerable.Range(0, count).Select(_ => new Fake(_time) { IsAtWork = atWork }).ToList();
        added.ForEach(tracker.Add);
        _all.AddRange(added);
        return added;
    }

    private sealed record OpenGovernor(SiloServices Silo, Governor Governor)
    {
        public int Look() => Governor.Look();
    }

    /// <summary>An activation that does not leave at once when it is asked to, as those of a silo do not.</summary>
    private sealed class Fake(TimeProvider time) : ITrackedActivation
    {
        public long LastUse { get; set; } = time.GetTimestamp();

        public long Hits => 0;

        public bool IsAtWork { get; init; }

        public bool HasLeft { get; private set; }

        public int Trims { get; private set; }

        public void Touch() => LastUse = time.GetTimestamp();

        public TimeSpan Stays { get; private set; }

        public Action Stayed { get; set; } = () => { };

        public void Stay(TimeSpan time)
        {
            Stayed();
            Stays = time;
        }

        public void Trim() => Trims++;

        public void Leave(string reason) => HasLeft = true;
    }

    /// <summary>Counts warnings.</summary>
    private sealed class WarningCounter : ILogger<Governor>
    {
        public int Warnings { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Warnings += logLevel >= LogLevel.Warning ? 1 : 0;
    }

    private sealed class Memory : IMemoryProbe
    {
        public Func<double> Used { get; set; } = () => 0;

        public int Collected { get; private set; }

        public double UsedShare() => Used();

        public void Collect() => Collected++;
    }
}
