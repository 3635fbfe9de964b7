using FsCheck;
using FsCheck.Fluent;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Actors;
using Granary.Core.Compaction;
using Granary.Core.Reflection;
using Granary.Core.Resources;
using Granary.Core.Sessions;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Core.Tests.Reflection;

/// <summary>Whatever happens to a session, all that was said is learned once, and every message is in one interaction record.</summary>
public class LearningProperties
{
    private enum Step
    {
        Tell,
        TellTwice,
        Compact,
        Clear,
        Restart,
        Silence,
        FailBefore,
        FailAfter,
    }

    [Fact]
    public void All_that_was_said_is_learned_once()
    {
        var steps = Gen.Elements(Enum.GetValues<Step>()).ArrayOf().Select(all => all.Take(30).ToArray()).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(steps, all => RunAsync(all).GetAwaiter().GetResult()));
    }

    private static async Task RunAsync(Step[] steps)
    {
        var bench = new Bench();
        foreach (var step in steps)
        {
            await bench.DoAsync(step);
        }

        await bench.CheckAsync();
    }

    private sealed class Bench : IUserDirectory
    {
        private readonly ManualTimeProvider _time = new();
        private readonly FaultyPartitionStore _store;
        private readonly SessionServices _sessions;
        private readonly UserServices _users;
        private SessionActor? _session;
        private UserActor? _user;
        private int _told;
        private bool _toldSinceClear;

        public Bench()
        {
            _store = new FaultyPartitionStore(new InMemoryPartitionStore(_time));
            var options = new ReflectionOptions { ThresholdTurns = 3, ChunkTurns = 2 };
            _sessions = new SessionServices(
                _store, new ResourceCatalog(_store, [], GranaryResources.Default(), _time), new ScriptAwareTokenCounter(), new ExtractiveSummarizer(), new ExtractiveSummarizer(), this, _time,
                NullLogger<SessionActor>.Instance, Progress: null, new ReflectionServices(options, new DeterministicReflector(), new DeterministicReconciler()));
            _users = new UserServices(_store, new ScriptAwareTokenCounter(), null, null, _time, NullLogger<UserActor>.Instance);
        }

        public IUserMemory Open(UserKey user) => throw new UnavailableException(ErrorCodes.StorageUnavailable, "Nobody answers.", TimeSpan.FromSeconds(1));

        public async Task<bool> DeliverAsync(UserKey user, SessionDelivery delivery, CancellationToken cancellationToken)
        {
            try
            {
                _user = _user is { IsLost: false } ? _user : await UserActor.LoadAsync(user, _users, cancellationToken);
                return await _user.ApplyAsync(delivery);
            }
            catch (ActivationLostException lost)
            {
                throw new UnavailableException(ErrorCodes.StorageUnavailable, lost.Message, TimeSpan.FromSeconds(1));
            }
        }

        public async Task DoAsync(Step step)
        {
            switch (step)
            {
                case Step.Tell:
                    await TellAsync();
                    break;
                case Step.TellTwice:
                    await TellAsync();
                    await TellAsync();
                    break;
                case Step.Compact when _told > 0:
                    await TryAsync(session => session.CompactAsync(new CompactOptions { Force = true }, CancellationToken.None));
                    break;
                case Step.Clear when _told > 0:
                    await TryAsync(session => session.ClearAsync(confirm: true, ifMatch: null));
                    _toldSinceClear = false;
                    break;
                case Step.Restart:
                    await RestartAsync();
                    break;
                case Step.Silence:
                    _time.Advance(TimeSpan.FromMinutes(31));
                    await TryAsync(session => session.MaintainAsync(CancellationToken.None));
                    break;
                case Step.FailBefore or Step.FailAfter:
                    _store.FailCommits(1, step == Step.FailBefore ? FaultPoint.BeforeWrite : FaultPoint.AfterWrite);
                    break;
            }
        }

        public async Task CheckAsync()
        {
            _store.Recover();
            if (_told == 0)
            {
                return;
            }

            while (!await TryAsync(session => session.EndAsync(CancellationToken.None)))
            {
                await RestartAsync();
            }

            await RestartAsync();
            await TryAsync(session => session.MaintainAsync(CancellationToken.None));
            _user = await UserActor.LoadAsync(new UserKey("acme", "ada"), _users, CancellationToken.None);
            var known = (await _user.ListMemoriesAsync(new MemoryQuery { Limit = 1000 }, CancellationToken.None)).Memories;
            known.Where(m => m.Kind == MemoryKind.Insight).Select(m => m.Content)
                .ShouldBe(Enumerable.Range(1, _told).Select(i => $"User: I like dish {i}."), ignoreOrder: true);
            known.Where(m => m.Kind == MemoryKind.Interaction).SelectMany(m => m.Sources)
                .SelectMany(s => Enumerable.Range((int)s.FirstSequence!, (int)(s.LastSequence! - s.FirstSequence!) + 1)).Order()
                .ShouldBe(Enumerable.Range(1, 2 * _told));
            // A session that ends with nothing in view since it was cleared has nothing to summarize.
            known.Count(m => m.Kind == MemoryKind.Summary).ShouldBeInRange(_toldSinceClear ? 1 : 0, 1);
        }

        private async Task TellAsync()
        {
            var number = ++_told;
            _toldSinceClear = true;
            var request = new AppendRequest
            {
                Messages = [new Message { Role = MessageRole.User, Content = $"I like dish {number}." }, new Message { Role = MessageRole.Assistant, Content = "Noted." }],
                IdempotencyKey = $"k{number}",
            };
            while (!await TryAsync(session => session.AppendAsync(request, CancellationToken.None).AsTask()))
            {
            }
        }

        private async Task RestartAsync()
        {
            if (_session is not null)
            {
                await _session.LeaveAsync(CancellationToken.None);
                while (_session.IsBusy)
                {
                    await Task.Yield();
                }
            }

            (_session, _user) = (null, null);
        }

        private async Task<bool> TryAsync(Func<SessionActor, Task> call)
        {
            try
            {
                _session = _session is { IsLost: false } ? _session : await SessionActor.LoadAsync(new SessionKey("acme", "ada", "s1"), _sessions, CancellationToken.None);
                await call(_session);
                return true;
            }
            catch (Exception exception) when (exception is UnavailableException or ActivationLostException or NotFoundException)
            {
                return false;
            }
        }
    }
}
