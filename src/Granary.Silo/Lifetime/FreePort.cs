using System.Net;
using System.Net.Sockets;
using Granary.Hosting;
using Granary.Hosting.Settings;

namespace Granary.Silo.Lifetime;

/// <summary>Ports, looked at before the silo takes them: its own error would not name the setting.</summary>
internal static class FreePort
{
    /// <summary>A port of an address that nothing listens on now.</summary>
    public static int Find(IPAddress address)
    {
        using var probe = Bind(address, 0);
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>Refuses a port that another program has.</summary>
    /// <exception cref="StartException">It has.</exception>
    public static void Require(FlatSetting setting, IPAddress address, int port)
    {
        try
        {
            using var probe = Bind(address, port);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new StartException($"{setting.Name} {port} of {address} is in use by another program: stop that one, or set {setting.Name} to another number.", error);
        }
        catch (SocketException error)
        {
            throw new StartException($"{setting.Name} {port} of {address} cannot be used: {error.Message}. Set {setting.Name} to another number.", error);
        }
    }

    private static Socket Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
