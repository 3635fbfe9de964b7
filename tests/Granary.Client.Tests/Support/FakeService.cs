using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Granary.Serialization;
using Granary.Wire;

namespace Granary.Client.Tests.Support;

/// <summary>What a request said.</summary>
internal sealed record Seen(HttpMethod Method, Uri Uri, HttpRequestHeaders Headers, string? ContentType, byte[] Body)
{
    public string PathAndQuery => Uri.PathAndQuery;

    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
}

/// <summary>Stands where the network is: records each request and answers with the next of the answers it was given; the last one stays.</summary>
internal sealed class FakeService : HttpMessageHandler
{
    private readonly ConcurrentQueue<Func<Seen, CancellationToken, Task<HttpResponseMessage>>> _answers = new();

    public ConcurrentQueue<Seen> Requests { get; } = new();

    public Seen Only => Requests.ShouldHaveSingleItem();

    public FakeService Answers(Func<Seen, HttpResponseMessage> answer) => AnswersAsync((seen, _) => Task.FromResult(answer(seen)));

    public FakeService AnswersAsync(Func<Seen, CancellationToken, Task<HttpResponseMessage>> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    public FakeService AnswersJson(string json, HttpStatusCode status = HttpStatusCode.OK, params (string Name, string Value)[] headers) =>
        Answers(_ => Json(json, status, "application/json", headers));

    public FakeService AnswersProblem(
        int status, string code, string detail = "No.", string? field = null, string? rule = null, params (string Name, string Value)[] headers) =>
        Answers(_ => Problem(status, code, detail, field, rule, headers));

    public FakeService Throws(Exception error) => AnswersAsync((_, _) => Task.FromException<HttpResponseMessage>(error));

    public FakeService Hangs() => AnswersAsync(async (_, token) =>
    {
        await Task.Delay(Timeout.Infinite, token);
        throw new InvalidOperationException();
    });

    public GranaryClient Client(Action<GranaryClientOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new GranaryClientOptions
        {
            BaseAddresses = [new("http://granary.test:8000")],
            TenantId = "acme",
            UserId = "ada",
            TimeProvider = time ?? TimeProvider.System,
            RetryDelay = TimeSpan.FromMilliseconds(1),
            MaxRetryDelay = TimeSpan.FromMilliseconds(1),
        };
        configure?.Invoke(options);
        return new GranaryClient(() => new HttpClient(this, disposeHandler: false), options, null, random: () => 1);
    }

    public static HttpResponseMessage Json(string json, HttpStatusCode status, string type, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(json, Encoding.UTF8, type) };
        foreach (var (name, value) in headers)
            response.Headers.TryAddWithoutValidation(name, value);
        return response;
    }

    public static HttpResponseMessage Problem(
        int status, string code, string detail, string? field = null, string? rule = null, params (string Name, string Value)[] headers)
    {
        var problem = new Problem
        {
            Type = "urn:granary:problem:" + code,
            Title = "A problem",
            Status = status,
            Detail = detail,
            Code = code,
            Field = field,
            Rule = rule,
            TraceId = "0af7651916cd43dd8448eb211c80319c",
        };
        return Json(JsonSerializer.Serialize(problem, GranaryJson.Default.Problem), (HttpStatusCode)status, "application/problem+json", headers);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var seen = new Seen(request.Method, request.RequestUri!, request.Headers, request.Content?.Headers.ContentType?.ToString(), body);
        Requests.Enqueue(seen);
        if (_answers.Count > 1 ? !_answers.TryDequeue(out var answer) : !_answers.TryPeek(out answer))
            throw new InvalidOperationException("The fake service has no answer.");
        cancellationToken.ThrowIfCancellationRequested();
        return await answer!(seen, cancellationToken);
    }
}
