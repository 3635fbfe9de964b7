using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Granary.Orleans.Redis.Tests;

/// <summary>Passes connections on to a server until a client sends a certain text; that and all that follows on its connection is never answered.</summary>
internal sealed class SilentProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _server;
    private readonly string _swallowed;
    private readonly Task _accepting;

    public SilentProxy(string server, string swallowed)
    {
        (_server, _swallowed) = (IPEndPoint.Parse(server), swallowed);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var relays = new List<Task>();
        try
        {
            while (true)
            {
                relays.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(relays);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server, _end.Token);
                var answers = server.GetStream().CopyToAsync(client.GetStream(), _end.Token);
                var buffer = new byte[65_536];
                while (await client.GetStream().ReadAsync(buffer, _end.Token) is > 0 and var count
                    && !Encoding.ASCII.GetString(buffer, 0, count).Contains(_swallowed, StringComparison.Ordinal))
                {
                    await server.GetStream().WriteAsync(buffer.AsMemory(0, count), _end.Token);
                }

                await answers;
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException)
            {
                // The client went, or the test is over.
            }
        }
    }
}
