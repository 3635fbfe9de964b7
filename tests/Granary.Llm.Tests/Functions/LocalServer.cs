using System.Net;
using System.Net.Sockets;

namespace Granary.Llm.Tests.Functions;

/// <summary>A small HTTP server on this machine that answers as the test says.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly Task serving;

    public LocalServer(Func<HttpListenerContext, Task> answer)
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }

        listener.Prefixes.Add(Address.AbsoluteUri);
        listener.Start();
        serving = Task.Run(async () =>
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await listener.GetContextAsync();
                }
                catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                _ = Task.Run(() => answer(context));
            }
        });
    }

    public Uri Address { get; }

    public async ValueTask DisposeAsync()
    {
        listener.Abort();
        await serving;
    }

    public static async Task WriteAsync(HttpListenerContext context, int status, string body, string type = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await using (var writer = new StreamWriter(context.Response.OutputStream))
        {
            await writer.WriteAsync(body);
        }

        context.Response.Close();
    }
}
