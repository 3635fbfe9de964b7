namespace Granary.Benchmarks.Proxy;

/// <summary>The reference: what any relay of the same framework costs that neither reads nor remembers anything.</summary>
internal static class BareRelay
{
    public static Task<WebApplication> StartAsync(Uri upstream)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, ActivityHeadersPropagator = null }) { Timeout = Timeout.InfiniteTimeSpan };
        var address = new Uri(upstream, "/v1/chat/completions");
        return WebHosts.StartAsync(app => app.MapPost("/v1/chat/completions", context => RelayAsync(context, http, address)));
    }

    private static async Task RelayAsync(HttpContext context, HttpClient http, Uri address)
    {
        using var answer = await SendAsync(context, http, address);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        context.Response.ContentLength = answer.Content.Headers.ContentLength;
        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[4096];
        while (await body.ReadAsync(buffer, context.RequestAborted) is var read and > 0)
        {
            await context.Response.BodyWriter.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpContext context, HttpClient http, Uri address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StreamContent(context.Request.Body) };
        request.Content.Headers.ContentLength = context.Request.ContentLength;
        request.Content.Headers.ContentType = new("application/json");
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
    }
}
