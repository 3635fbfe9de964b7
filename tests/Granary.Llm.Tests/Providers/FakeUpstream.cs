using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Granary.Llm.Tests.Providers;

/// <summary>A server on 127.0.0.1 that answers as a test says, down to the bytes: halves, resets, silence.</summary>
internal sealed class FakeUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<FakeExchange, Task> _answer;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;
    private int _count;

    public FakeUpstream(Func<FakeExchange, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>What came, in order.</summary>
    public ConcurrentQueue<FakeRequest> Requests { get; } = new();

    /// <summary>Answers each request with the next of these, the last one for all further ones.</summary>
    public static FakeUpstream Of(params Func<FakeExchange, Task>[] answers) =>
        new(exchange => answers[Math.Min(exchange.Number, answers.Length) - 1](exchange));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _connections.Add(Task.Run(() => ServeAsync(client)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                while (await FakeRequest.ReadAsync(client.GetStream(), _stop.Token) is { } request)
                {
                    Requests.Enqueue(request);
                    var exchange = new FakeExchange(request, Interlocked.Increment(ref _count), client, _stop.Token);
                    await _answer(exchange);
                    if (exchange.IsClosed)
                        return;
                }
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
            }
        }
    }
}

/// <summary>A request as it came.</summary>
internal sealed record FakeRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public static async Task<FakeRequest?> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < 4 || !head[^4..].SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, cancellationToken) == 0)
                return null;
            head.Add(one[0]);
        }

        var lines = Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).GroupBy(parts => parts[0], StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => string.Join(",", group.Select(parts => parts.ElementAtOrDefault(1))), StringComparer.OrdinalIgnoreCase);
        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length) : 0];
        await stream.ReadExactlyAsync(body, cancellationToken);
        return new FakeRequest(first[0], first[1], headers, Encoding.UTF8.GetString(body));
    }
}

/// <summary>A request and the means to answer it, well or badly.</summary>
internal sealed class FakeExchange(FakeRequest request, int number, TcpClient client, CancellationToken stop)
{
    public FakeRequest Request => request;

    /// <summary>Which request of the server it is, from 1.</summary>
    public int Number => number;

    public CancellationToken Stop => stop;

    public bool IsClosed { get; private set; }

    public static Func<FakeExchange, Task> Answer(int status, string body, params (string Name, string Value)[] headers) =>
        exchange => exchange.AnswerAsync(status, body, headers);

    public Task AnswerAsync(int status, string body, params (string Name, string Value)[] headers)
    {
        var lines = string.Concat(headers.Select(header => $"{header.Name}: {header.Value}\r\n"));
        return WriteAsync($"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{lines}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
    }

    /// <summary>The head of an answer that comes in pieces.</summary>
    public Task BeginStreamAsync() => WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");

    public Task ChunkAsync(string text) => WriteAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    public Task EndStreamAsync() => WriteAsync("0\r\n\r\n");

    public async Task StreamAsync(params string[] chunks)
    {
        await BeginStreamAsync();
        foreach (var chunk in chunks)
            await ChunkAsync(chunk);
        await EndStreamAsync();
    }

    public async Task WriteAsync(string raw) => await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(raw), stop);

    /// <summary>Ends the connection: in the middle of things with a reset, otherwise as if all were said.</summary>
    public Task CloseAsync(bool reset = true)
    {
        IsClosed = true;
        if (reset)
            client.LingerState = new LingerOption(true, 0);
        client.Close();
        return Task.CompletedTask;
    }

    /// <summary>Waits until the client has gone.</summary>
    public async Task GoneAsync()
    {
        IsClosed = true;
        try
        {
            while (await client.GetStream().ReadAsync(new byte[256], stop) > 0)
            {
            }
        }
        catch (IOException)
        {
        }
    }
}
