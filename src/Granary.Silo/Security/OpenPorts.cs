using System.Net;

namespace Granary.Silo.Security;

/// <summary>Tells of ports of Orleans that others can reach and that ask nobody who they are: keys guard the HTTP API alone.</summary>
internal static partial class OpenPorts
{
    /// <summary>Warns where it is so.</summary>
    /// <param name="logger">Where to.</param>
    /// <param name="address">Where the silo listens.</param>
    /// <param name="gatewayPort">The port for Orleans clients, 0 for none.</param>
    /// <param name="tls">How silos prove who they are; null: not at all.</param>
    public static void Warn(ILogger logger, IPAddress address, int gatewayPort, SiloIdentity? tls)
    {
        if (tls is not null || IPAddress.IsLoopback(address))
        {
            return;
        }

        if (gatewayPort == 0)
        {
            LogOpenSilo(logger, address);
        }
        else
        {
            LogOpenGateway(logger, address, gatewayPort);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Silos talk over {Address} without TLS: whoever reaches SILO_PORT can read and write the memory of all tenants without a key. "
        + "Set SILO_TLS_CERTIFICATE, or let a firewall admit nothing but silos")]
    private static partial void LogOpenSilo(ILogger logger, IPAddress address);

    [LoggerMessage(2, LogLevel.Warning, "The gateway on {Address}, port {GatewayPort}, takes any Orleans client without TLS: whoever reaches it, or SILO_PORT, can read and "
        + "write the memory of all tenants without a key. Set SILO_TLS_CERTIFICATE, or GATEWAY_PORT=0 and let a firewall admit nothing but silos")]
    private static partial void LogOpenGateway(ILogger logger, IPAddress address, int gatewayPort);
}
