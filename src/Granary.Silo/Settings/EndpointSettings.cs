using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Granary.Hosting.Settings;

namespace Granary.Silo.Settings;

/// <summary>Reads where the silo listens.</summary>
internal static class EndpointSettings
{
    /// <summary>Reads address and ports.</summary>
    /// <param name="read">The settings.</param>
    /// <param name="server">Those of the HTTP server.</param>
    /// <param name="alone">Whether no other silo can join.</param>
    /// <exception cref="SettingException">One is wrong.</exception>
    public static (IPAddress Address, int SiloPort, int GatewayPort) Read(SettingReader read, ServerSettings server, bool alone)
    {
        var silo = read.Text(ClusterSettings.SiloPort).Length == 0
            ? alone ? 0 : ClusterSettings.UsualSiloPort
            : read.Whole(ClusterSettings.SiloPort, 0, IPEndPoint.MaxPort);
        var gateway = read.Whole(ClusterSettings.GatewayPort, 0, IPEndPoint.MaxPort);
        RequireDifferent((ClusterSettings.SiloPort, silo), (ClusterSettings.GatewayPort, gateway), (FlatSettings.Port, server.Port));
        return (Address(read, server, alone), silo, gateway);
    }

    private static void RequireDifferent(params (FlatSetting Setting, int Port)[] ports)
    {
        foreach (var same in ports.Where(port => port.Port != 0).GroupBy(port => port.Port).Where(group => group.Count() > 1))
        {
            throw new SettingException($"{string.Join(" and ", same.Select(port => port.Setting.Name))} are both {same.Key}: give each a port of its own.");
        }
    }

    private static IPAddress Address(SettingReader read, ServerSettings server, bool alone)
    {
        var text = read.Text(ClusterSettings.AdvertisedAddress);
        if (text.Length == 0)
        {
            return alone
                ? IPAddress.Loopback
                : Own().FirstOrDefault(own => own.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(own))
                    ?? throw new SettingException("This machine has no IPv4 address that other silos could use: set ADVERTISED_ADDRESS to one of its addresses.");
        }

        if (!IPAddress.TryParse(text, out var address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            throw read.Wrong(ClusterSettings.AdvertisedAddress, "must be an IP address of this machine");
        }

        if (alone && !IPAddress.IsLoopback(address))
        {
            throw new SettingException(
                $"ADVERTISED_ADDRESS is {address}, but with CLUSTERING=localhost no other silo can join: set CLUSTERING to what the silos find each other by, or leave ADVERTISED_ADDRESS out.");
        }

        // Silos may well meet on the loopback address of one machine, but hardly where HTTP is offered to others.
        if (!alone && IPAddress.IsLoopback(address) && !server.IsLoopback)
        {
            throw new SettingException(
                $"ADVERTISED_ADDRESS is {address}, which silos of other machines cannot reach, while HOST is {server.Address}: set ADVERTISED_ADDRESS to an address "
                + "of this machine that they can reach, or leave it out.");
        }

        return IPAddress.IsLoopback(address) || Own().Contains(address)
            ? address
            : throw new SettingException(
                $"ADVERTISED_ADDRESS {address} is no address of this machine, which has {string.Join(", ", Own().Where(own => !IPAddress.IsLoopback(own)))}: set one of these, or leave it out.");
    }

    private static IEnumerable<IPAddress> Own() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .Where(address => !address.IsIPv6LinkLocal);
}
