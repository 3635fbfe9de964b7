using System.Runtime.CompilerServices;
using Granary.Core.Users;

namespace Granary.Core.Tests.Users;

public class SessionProgressTests
{
    private static readonly UserKey Ada = new("acme", "ada");

    [Fact]
    public void A_watcher_hears_once_of_each_session_that_grew()
    {
        var progress = new SessionProgress();
        progress.Grew(new SessionKey("acme", "ada", "before"));
        var watcher = progress.Watch(Ada);
        progress.Grew(new SessionKey("acme", "ada", "s1"));
        progress.Grew(new SessionKey("acme", "ada", "s1"));
        progress.Grew(new SessionKey("acme", "bob", "s2"));
        watcher.Take().ShouldBe(["s1"]);
        watcher.Take().ShouldBe([]);
    }

    [Fact]
    public void One_that_was_replaced_knows_that_it_hears_nothing()
    {
        var progress = new SessionProgress();
        var first = progress.Watch(Ada);
        var second = progress.Watch(Ada);
        progress.Grew(new SessionKey("acme", "ada", "s1"));
        first.Take().ShouldBeNull();
        second.Take().ShouldBe(["s1"]);
    }

    [Fact]
    public void Watchers_that_are_gone_are_forgotten()
    {
        var progress = new SessionProgress();
        var kept = progress.Watch(Ada);
        for (var round = 0; round < 10; round++)
        {
            WatchAndLeave(progress, round);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        progress.Watched.ShouldBeLessThan(1_000);
        progress.Grew(new SessionKey("acme", "ada", "s1"));
        kept.Take().ShouldBe(["s1"]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WatchAndLeave(SessionProgress progress, int round)
    {
        for (var i = 0; i < 300; i++)
        {
            progress.Watch(new UserKey("acme", $"u{round}-{i}"));
        }
    }
}
