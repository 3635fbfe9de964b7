using System.Net;
using System.Net.Sockets;

namespace Granary.Faults.Cluster;

/// <summary>Ports that stay a silo's own while it is down.</summary>
internal static class Ports
{
    // Below the range from which systems take the ports of outgoing connections: one of those would take a silo's port while it restarts.
    private const int First = 20_000;
    private const int Last = 32_000;

    /// <summary>Chooses ports that are free on 127.0.0.1.</summary>
    public static int[] Choose(int count)
    {
        var chosen = new HashSet<int>();
        while (chosen.Count < count)
        {
            var port = Random.Shared.Next(First, Last);
            if (IsFree(port))
            {
                chosen.Add(port);
            }
        }

        return [.. chosen];
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
