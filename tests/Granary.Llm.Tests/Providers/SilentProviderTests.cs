using Granary.Conformance.Time;
using Granary.Llm.Models;
using Granary.Llm.Providers;
using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Providers.FakeExchange;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Providers;

/// <summary>Providers that begin an answer and say no more.</summary>
public class SilentProviderTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"choices\":[";

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_stream_that_falls_silent_breaks_after_the_idle_timeout()
    {
        await using var upstream = FakeUpstream.Of(SilentStream);
        using var provider = Provider(upstream.Address, options => options.IdleTimeoutSeconds = 20, time: _time);
        using var response = await provider.SendAsync(Chat(stream: true)).WaitAsync(Patience);
        var body = await response.ReadAsync();
        (await body.ReadAsync(new byte[1024]).AsTask().WaitAsync(Patience)).ShouldBeGreaterThan(0);
        var more = body.ReadAsync(Memory<byte>.Empty).AsTask();
        _time.Advance(TimeSpan.FromSeconds(19));
        more.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(2));
        await Should.ThrowAsync<IOException>(() => more.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_stream_may_take_longer_than_the_idle_timeout_in_all_and_its_reader_too()
    {
        await using var upstream = FakeUpstream.Of(exchange => exchange.StreamAsync("one", "two", "three"));
        using var provider = Provider(upstream.Address, options => options.IdleTimeoutSeconds = 20, time: _time);
        using var response = await provider.SendAsync(Chat(stream: true)).WaitAsync(Patience);
        var body = await response.ReadAsync();
        var text = "";
        foreach (var piece in new[] { 3, 3, 5, 1 })
        {
            var buffer = new byte[piece];
            var read = await body.ReadAsync(buffer).AsTask().WaitAsync(Patience);
            text += System.Text.Encoding.UTF8.GetString(buffer, 0, read);
            _time.Advance(TimeSpan.FromSeconds(50));
        }

        text.ShouldBe("onetwothree");
    }

    [Fact]
    public async Task A_silent_stream_is_an_error_event_and_keeps_what_came()
    {
        await using var upstream = FakeUpstream.Of(SilentStream);
        using var router = Router(_time, Setup(ProviderKind.OpenAI, upstream.Address));
        var text = "";
        var half = new TaskCompletionSource();
        var events = ReadAsync();
        await half.Task.WaitAsync(Patience);
        (await PassAsync(events)).ShouldContain(next => next.Kind == StreamEventKind.Error);
        text.ShouldBe("half");

        async Task<List<StreamEvent>> ReadAsync()
        {
            var all = new List<StreamEvent>();
            await foreach (var next in ModelsOf(router, _time).StreamAsync(Ask("gpt-4o")))
            {
                all.Add(next);
                if (next.Kind == StreamEventKind.Content)
                {
                    text += next.Text;
                    half.TrySetResult();
                }
            }

            return all;
        }
    }

    [Fact]
    public async Task A_whole_answer_that_stays_half_is_504_and_the_next_provider_is_asked()
    {
        await using var silent = FakeUpstream.Of(SilentWhole);
        await using var sound = FakeUpstream.Of(Answer(200, Completion("hi")));
        using var router = Router(_time, Setup(ProviderKind.OpenAI, silent.Address), Setup(ProviderKind.Azure, sound.Address));
        (await PassAsync(ModelsOf(router, _time).CompleteAsync(Ask("gpt-4o")))).Content.ShouldBe("hi");

        using var alone = Router(_time, Setup(ProviderKind.OpenAI, silent.Address));
        var error = await Should.ThrowAsync<ProviderException>(() => PassAsync(ModelsOf(alone, _time).CompleteAsync(Ask("gpt-4o"))));
        error.Status.ShouldBe(504);
    }

    [Fact]
    public async Task Vectors_that_stay_half_are_504()
    {
        await using var upstream = FakeUpstream.Of(SilentWhole);
        using var router = Router(_time, Setup(ProviderKind.OpenAI, upstream.Address));
        var calls = new EmbeddingCalls(router, new OpenAIGateway(_time), _time);
        var vectors = calls.AskAsync("text-embedding-3-small", null, ["a"], Granary.Core.Recall.EmbeddingPurpose.Document, default);
        (await Should.ThrowAsync<ProviderException>(() => PassAsync(vectors))).Status.ShouldBe(504);
    }

    [Fact]
    public async Task Silence_opens_the_circuit()
    {
        await using var upstream = FakeUpstream.Of(SilentStream);
        using var provider = Provider(
            upstream.Address, options => (options.IdleTimeoutSeconds, options.BreakerMinimumCalls, options.BreakerWindowSeconds) = (1, 4, 3_000), time: _time);
        for (var call = 0; call < 2; call++)
        {
            using var response = await provider.SendAsync(Chat(stream: true)).WaitAsync(Patience);
            var body = await response.ReadAsync();
            await Should.ThrowAsync<IOException>(() => PassAsync(body.CopyToAsync(Stream.Null).ContinueWith(copy => copy.IsFaulted ? throw copy.Exception!.InnerException! : true)));
        }

        (await Should.ThrowAsync<ProviderException>(() => provider.SendAsync(Chat(stream: true)))).Status.ShouldBe(503);
    }

    private static async Task SilentStream(FakeExchange exchange)
    {
        await exchange.BeginStreamAsync();
        await exchange.ChunkAsync(Chunk("half"));
        await exchange.GoneAsync();
    }

    private static async Task SilentWhole(FakeExchange exchange)
    {
        await exchange.WriteAsync(Head);
        await exchange.GoneAsync();
    }

    /// <summary>Lets time pass until something is done.</summary>
    private async Task<T> PassAsync<T>(Task<T> task)
    {
        for (var step = 0; step < 3_000 && !task.IsCompleted; step++)
        {
            await Task.WhenAny(task, Task.Delay(5));
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        return await task.WaitAsync(Patience);
    }
}
