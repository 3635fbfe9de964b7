using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Granary.Benchmarks.Shared;

/// <summary>
/// Sends HTTP/1.1 requests over kept connections, each connection its next one as soon as it has the answer to the last, and counts the
/// answers. Bare sockets: what it costs itself falls on the measured and on the reference alike, and is small.
/// </summary>
internal static class LoadGenerator
{
    /// <summary>Answers per second.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="connections">How many connections.</param>
    /// <param name="warmup">How long before counting begins.</param>
    /// <param name="duration">How long is counted.</param>
    /// <param name="request">The bytes of a request, by connection and number.</param>
    public static async Task<double> RunAsync(
        Uri address, int connections, TimeSpan warmup, TimeSpan duration, Func<int, int, ReadOnlyMemory<byte>> request)
    {
        var counted = 0L;
        var counting = false;
        using var stop = new CancellationTokenSource();
        var loops = Enumerable.Range(0, connections).Select(connection => Task.Run(async () =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, address.Port);
            var buffer = new byte[256 * 1024];
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                await socket.SendAsync(request(connection, number));
                await ReadAnswerAsync(socket, buffer);
                if (Volatile.Read(ref counting))
                {
                    Interlocked.Increment(ref counted);
                }
            }
        })).ToList();
        await Task.WhenAny(Task.Delay(warmup), Task.WhenAny(loops));
        var started = Stopwatch.GetTimestamp();
        Volatile.Write(ref counting, true);
        await Task.WhenAny(Task.Delay(duration), Task.WhenAny(loops));
        Volatile.Write(ref counting, false);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        return counted / elapsed;
    }

    /// <summary>The bytes of a POST with a JSON body.</summary>
    public static byte[] Post(string path, string json, string? idempotencyKey = null)
    {
        var key = idempotencyKey is null ? "" : $"Idempotency-Key: {idempotencyKey}\r\n";
        return Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{key}Content-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");
    }

    private static async ValueTask ReadAnswerAsync(Socket socket, byte[] buffer)
    {
        var filled = 0;
        var total = -1;
        while (total < 0 || filled < total)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(filled));
            filled = read == 0 ? throw new IOException("The server closed the connection.") : filled + read;
            if (total < 0)
            {
                total = Length(buffer.AsSpan(0, filled));
            }
        }
    }

    /// <summary>The length of the whole answer once its head is there, else -1.</summary>
    private static int Length(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return -1;
        }

        if (!answer.StartsWith("HTTP/1.1 200"u8))
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(answer));
        }

        var head = answer[..end];
        var at = head.IndexOf("Content-Length: "u8);
        return at >= 0 && Utf8Parser.TryParse(head[(at + 16)..], out int length, out _)
            ? end + 4 + length
            : throw new InvalidOperationException("The answer has no Content-Length.");
    }
}
