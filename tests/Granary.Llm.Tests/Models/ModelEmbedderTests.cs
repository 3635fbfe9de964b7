using System.Text.Json.Nodes;
using Granary.Core.Recall;
using Granary.Core.Tokens;
using Granary.Llm.Models;
using Granary.Llm.Providers;
using Granary.Llm.Tests.Providers;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Models;

public class ModelEmbedderTests
{
    private readonly ScriptAwareTokenCounter _tokens = new();

    [Fact]
    public async Task Vectors_come_in_order_and_in_length_1()
    {
        await using var upstream = new FakeUpstream(AnswerAsync);
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var vectors = await Embedder(router).EmbedAsync(["a", "bbb", "cc"], EmbeddingPurpose.Document);
        vectors.Count.ShouldBe(3);
        foreach (var (vector, length) in vectors.Zip([1, 3, 2]))
        {
            vector.Length.ShouldBe(3);
            vector.Sum(number => number * number).ShouldBe(1f, 1e-5f);
            (vector[0] / vector[1]).ShouldBe(length, 1e-4f);
        }

        var request = upstream.Requests.ShouldHaveSingleItem();
        (request.Path, request.Headers["Authorization"]).ShouldBe(("/v1/embeddings", "Bearer the-key"));
        JsonNode.Parse(request.Body)!["model"]!.GetValue<string>().ShouldBe("text-embedding-3-small");
    }

    [Fact]
    public async Task Numbers_in_base64_are_read_too()
    {
        var bytes = new byte[12];
        Buffer.BlockCopy(new[] { 0f, 3f, 4f }, 0, bytes, 0, 12);
        await using var upstream = FakeUpstream.Of(FakeExchange.Answer(200, $$"""{"data":[{"embedding":"{{Convert.ToBase64String(bytes)}}"}]}"""));
        using var router = Router(Setup(ProviderKind.Compatible, upstream.Address, options => options.Models = ["*"]));
        (await Embedder(router).EmbedAsync(["a"], EmbeddingPurpose.Document))[0].ShouldBe([0f, 0.6f, 0.8f]);
    }

    [Fact]
    public async Task Gemini_is_told_what_the_vectors_are_for()
    {
        await using var upstream = new FakeUpstream(exchange =>
        {
            var count = JsonNode.Parse(exchange.Request.Body)!["requests"]!.AsArray().Count;
            return exchange.AnswerAsync(200, $$"""{"embeddings":[{{string.Join(',', Enumerable.Repeat("""{"values":[0,2,0]}""", count))}}]}""");
        });
        using var router = Router(Setup(ProviderKind.Gemini, upstream.Address));
        var embedder = Embedder(router, options => options.Embedder = "gemini-embedding-001");
        (await embedder.EmbedAsync(["a", "b"], EmbeddingPurpose.Query)).ShouldAllBe(vector => vector[1] == 1f);
        await embedder.EmbedAsync(["a"], EmbeddingPurpose.Document);
        upstream.Requests.Select(request => request.Path).ShouldAllBe(path => path == "/v1beta/models/gemini-embedding-001:batchEmbedContents");
        upstream.Requests.Select(request => JsonNode.Parse(request.Body)!["requests"]![0]!["taskType"]!.GetValue<string>()).ShouldBe(["RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT"]);
        JsonNode.Parse(upstream.Requests.First().Body)!["requests"]![0]!["outputDimensionality"]!.GetValue<int>().ShouldBe(3);
    }

    [Fact]
    public async Task Texts_go_in_calls_of_so_many_texts_and_tokens()
    {
        await using var upstream = new FakeUpstream(AnswerAsync);
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var byCount = Embedder(router, options => options.EmbedderBatchTexts = 4);
        (await byCount.EmbedAsync([.. Enumerable.Range(0, 10).Select(number => $"text {number}")], EmbeddingPurpose.Document)).Count.ShouldBe(10);
        Sizes(upstream).ShouldBe([4, 4, 2]);

        upstream.Requests.Clear();
        var byTokens = Embedder(router, options => options.EmbedderBatchTokens = 1_000);
        await byTokens.EmbedAsync([.. Enumerable.Range(0, 4).Select(number => $"{number} {string.Join(' ', Enumerable.Repeat("word", 400))}")], EmbeddingPurpose.Document);
        Sizes(upstream).ShouldBe([2, 2]);
    }

    [Fact]
    public async Task A_text_that_is_too_long_for_the_model_is_cut()
    {
        await using var upstream = new FakeUpstream(AnswerAsync);
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        await Embedder(router).EmbedAsync([string.Concat(Enumerable.Repeat("word \U0001F600 ", 20_000))], EmbeddingPurpose.Document);
        var sent = JsonNode.Parse(upstream.Requests.Single().Body)!["input"]![0]!.GetValue<string>();
        _tokens.Count(sent, null).ShouldBeInRange(5_000, 8_191);
        sent.ShouldNotContain('\uFFFD');
    }

    [Fact]
    public async Task Equal_texts_are_asked_for_once()
    {
        await using var upstream = new FakeUpstream(AnswerAsync);
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var embedder = Embedder(router);
        var first = await embedder.EmbedAsync(["a", "bb", "a"], EmbeddingPurpose.Document);
        first[2].ShouldBe(first[0]);
        Sizes(upstream).ShouldBe([2]);

        Array.Clear(first[0]);
        (await embedder.EmbedAsync(["a"], EmbeddingPurpose.Document))[0].ShouldNotBe(first[0]);
        upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_cache_keeps_to_its_size()
    {
        await using var upstream = new FakeUpstream(AnswerAsync);
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var embedder = Embedder(router, options => options.EmbedderCacheMegabytes = 0);
        await embedder.EmbedAsync(["a"], EmbeddingPurpose.Document);
        await embedder.EmbedAsync(["a"], EmbeddingPurpose.Document);
        upstream.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Equal_texts_asked_for_at_the_same_time_share_a_call()
    {
        var go = new TaskCompletionSource();
        await using var upstream = new FakeUpstream(async exchange =>
        {
            await go.Task;
            await AnswerAsync(exchange);
        });
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var embedder = Embedder(router);
        var all = Enumerable.Range(0, 8).Select(_ => embedder.EmbedAsync(["same"], EmbeddingPurpose.Document).AsTask()).ToList();
        go.SetResult();
        (await Task.WhenAll(all).WaitAsync(Patience)).Select(vectors => vectors[0]).ShouldAllBe(vector => vector.Length == 3);
        upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Who_shares_a_call_that_is_given_up_asks_itself()
    {
        await using var upstream = FakeUpstream.Of(exchange => exchange.GoneAsync(), AnswerAsync);
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var embedder = Embedder(router);
        using var cancel = new CancellationTokenSource();
        var first = embedder.EmbedAsync(["same"], EmbeddingPurpose.Document, cancel.Token).AsTask();
        var second = embedder.EmbedAsync(["same"], EmbeddingPurpose.Document).AsTask();
        while (upstream.Requests.IsEmpty)
            await Task.Delay(5);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        (await second.WaitAsync(Patience))[0].Length.ShouldBe(3);
        upstream.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_failed_is_asked_for_again_the_next_time()
    {
        await using var upstream = FakeUpstream.Of(FakeExchange.Answer(400, """{"error":{"message":"no"}}"""), AnswerAsync);
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var embedder = Embedder(router);
        (await Should.ThrowAsync<ProviderException>(() => embedder.EmbedAsync(["a"], EmbeddingPurpose.Document).AsTask())).Message.ShouldContain("no");
        (await embedder.EmbedAsync(["a"], EmbeddingPurpose.Document)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"data":[{"index":0,"embedding":[1,2]}]}""", "2 numbers instead of 3; set Granary:Models:EmbedderDimensions")]
    [InlineData("""{"data":[{"index":0,"embedding":[0,0,0]}]}""", "no direction")]
    [InlineData("""{"data":[]}""", "no vector of the text 0")]
    [InlineData("""{"data":[{"index":1,"embedding":[1,2,3]}]}""", "number 1 for 1 texts")]
    [InlineData("""{"data":7}""", "no embeddings")]
    [InlineData("""{"data":[{"index":0,"embedding":["x"]}]}""", "no embeddings")]
    [InlineData("""{}""", "no embeddings")]
    [InlineData("""half a""", "no embeddings")]
    public async Task What_are_no_such_vectors_is_an_error(string body, string message)
    {
        await using var upstream = FakeUpstream.Of(FakeExchange.Answer(200, body));
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        (await Should.ThrowAsync<Exception>(() => Embedder(router).EmbedAsync(["a"], EmbeddingPurpose.Document).AsTask())).Message.ShouldContain(message);
    }

    [Fact]
    public async Task Another_provider_of_the_same_model_stands_in()
    {
        await using var broken = FakeUpstream.Of(FakeExchange.Answer(500, "{}"));
        await using var sound = new FakeUpstream(AnswerAsync);
        using var router = Router(Setup(ProviderKind.OpenAI, broken.Address, options => options.Retries = 0), Setup(ProviderKind.Azure, sound.Address));
        (await Embedder(router).EmbedAsync(["a"], EmbeddingPurpose.Document)).Count.ShouldBe(1);
        sound.Requests.Single().Path.ShouldStartWith("/openai/deployments/text-embedding-3-small/embeddings");
    }

    [Fact]
    public void Dimensions_are_the_catalogues_or_the_settings()
    {
        using var router = Router(Setup(ProviderKind.OpenAI, null));
        Embedder(router, options => options.EmbedderDimensions = null).Dimensions.ShouldBe(1_536);
        Embedder(router, options => options.EmbedderDimensions = 256).Dimensions.ShouldBe(256);
        Should.Throw<InvalidOperationException>(() => Embedder(router, options => (options.Embedder, options.EmbedderDimensions) = ("mine", null)));
    }

    /// <summary>Answers as OpenAI does, the last text first: a vector whose first two numbers are in the ratio of the text's length.</summary>
    private static Task AnswerAsync(FakeExchange exchange)
    {
        var texts = JsonNode.Parse(exchange.Request.Body)!["input"]!.AsArray().Select(text => text!.GetValue<string>()).ToList();
        var data = texts.Select((text, index) => $$"""{"object":"embedding","index":{{index}},"embedding":[{{text.Length}},1,0.5]}""").Reverse();
        return exchange.AnswerAsync(200, $$"""{"object":"list","model":"m","data":[{{string.Join(',', data)}}],"usage":{"prompt_tokens":5,"total_tokens":5} }""");
    }

    private static IEnumerable<int> Sizes(FakeUpstream upstream) => upstream.Requests.Select(request => JsonNode.Parse(request.Body)!["input"]!.AsArray().Count);

    private ModelEmbedder Embedder(IProviderRouter router, Action<ModelsOptions>? change = null)
    {
        var options = new ModelsOptions { Embedder = "text-embedding-3-small", EmbedderDimensions = 3 };
        change?.Invoke(options);
        return new ModelEmbedder(options, new EmbeddingCalls(router, new OpenAIGateway(TimeProvider.System), TimeProvider.System), new ModelCatalogue([], []), _tokens);
    }
}
