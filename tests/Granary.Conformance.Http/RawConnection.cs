using System.Net.Sockets;
using System.Text;

namespace Granary.Conformance.Http;

/// <summary>Sends bytes as they are, where a client library would put them right.</summary>
public static class RawConnection
{
    /// <summary>Sends a request and reads until the server closes the connection.</summary>
    /// <param name="server">The server.</param>
    /// <param name="request">The request; lines end with \n here and \r\n on the wire. <c>Connection: close</c> is added after its first line.</param>
    /// <returns>The status and the whole answer.</returns>
    public static async Task<(int Status, string Text)> SendAsync(HttpServer server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port);
        var stream = client.GetStream();
        var lines = request.ReplaceLineEndings("\r\n");
        var first = lines.IndexOf("\r\n", StringComparison.Ordinal) + 2;
        await stream.WriteAsync(Encoding.Latin1.GetBytes(lines.Insert(first, "Connection: close\r\n")));
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(timeout.Token);
        return (answer.Length == 0 ? 0 : int.Parse(answer.Split(' ')[1]), answer);
    }
}
