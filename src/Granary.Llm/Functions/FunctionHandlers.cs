namespace Granary.Llm.Functions;

/// <summary>How functions send HTTP requests: without following redirects, which would carry keys, and the model's questions, to wherever they point.</summary>
internal static class FunctionHandlers
{
    /// <summary>A handler of our own.</summary>
    public static SocketsHttpHandler Create() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        ActivityHeadersPropagator = null,
    };

    /// <summary>Whether a handler, or one that it wraps, follows redirects.</summary>
    public static bool FollowsRedirects(HttpMessageHandler? handler) => handler switch
    {
        DelegatingHandler outer => FollowsRedirects(outer.InnerHandler),
        SocketsHttpHandler own => own.AllowAutoRedirect,
        HttpClientHandler own => own.AllowAutoRedirect,
        _ => false,
    };
}
