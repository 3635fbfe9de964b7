using Granary.Llm.Requests;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests.Proxy;

/// <summary>What a host's recall source finds goes into the one system block, and never stands in the way of the call.</summary>
public sealed class RecallTests : ProxyTest
{
    private readonly Source _source = new();

    public override Task InitializeAsync()
    {
        Fixture.Services = services => services.AddSingleton<IRecallSource>(_source);
        return base.InitializeAsync();
    }

    [Fact]
    public async Task What_is_recalled_goes_into_the_one_system_block_and_is_not_stored()
    {
        _source.Find = (_, _) => Task.FromResult<IReadOnlyList<RecalledText>>([new RecalledText("Ada likes tea.", "session s0"), new RecalledText("What now?")]);
        await AskAsync("s", "s:Be kind.", "u:What now?");

        Upstream.Last.Said.ShouldBe(["system: Be kind.", "system: [MEMORY:RECALLED]\n- Ada likes tea. (session s0)", "user: What now?"]);
        (_source.Last!.Session, _source.Last.Text).ShouldBe((new SessionKey("default", "ada", "s"), "What now?"));
        _source.Last.MaxTokens.ShouldBeGreaterThan(0);
        (await ViewAsync("s")).ShouldBe(["u:What now?", "a:Understood."]);
    }

    [Fact]
    public async Task A_recall_that_fails_leaves_the_call_as_it_is()
    {
        _source.Find = (_, _) => throw new InvalidOperationException("The index sleeps.");
        (await AskAsync("s", "u:One")).ShouldBe(200);
        Upstream.Last.Said.ShouldBe(["user: One"]);
        (await ViewAsync("s")).Length.ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_recall_that_hangs_is_left_behind(bool waits)
    {
        using var end = new ManualResetEventSlim();
        _source.Find = async (_, token) =>
        {
            if (!waits)
            {
                // Deaf: it neither looks at its token nor gives its thread back.
                end.Wait(TimeSpan.FromSeconds(60), CancellationToken.None);
                return [];
            }

            await Task.Delay(Timeout.Infinite, token);
            return [];
        };
        (await AskAsync("s", "u:One").WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(200);
        Upstream.Last.Said.ShouldBe(["user: One"]);
        end.Set();
    }

    private sealed class Source : IRecallSource
    {
        public Func<RecallQuery, CancellationToken, Task<IReadOnlyList<RecalledText>>> Find { get; set; } = (_, _) => Task.FromResult<IReadOnlyList<RecalledText>>([]);

        public RecallQuery? Last { get; private set; }

        public async ValueTask<IReadOnlyList<RecalledText>> RecallAsync(RecallQuery query, CancellationToken cancellationToken = default)
        {
            Last = query;
            return await Find(query, cancellationToken);
        }
    }
}
