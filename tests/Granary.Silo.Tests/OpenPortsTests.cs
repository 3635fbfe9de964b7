using System.Net;
using Granary.Silo.Security;

namespace Granary.Silo.Tests;

public sealed class OpenPortsTests
{
    private static readonly IPAddress Reachable = IPAddress.Parse("10.0.0.7");

    private readonly Log _log = new();

    [Fact]
    public void A_silo_that_others_reach_without_tls_is_warned_of()
    {
        OpenPorts.Warn(_log, Reachable, 0, null);
        _log.Lines.ShouldHaveSingleItem().ShouldStartWith("Warning: Silos talk over 10.0.0.7 without TLS: whoever reaches SILO_PORT can read and write");
    }

    [Fact]
    public void A_gateway_that_others_reach_without_tls_is_warned_of_by_its_port()
    {
        OpenPorts.Warn(_log, Reachable, 30_000, null);
        _log.Lines.ShouldHaveSingleItem().ShouldStartWith("Warning: The gateway on 10.0.0.7, port 30000, takes any Orleans client without TLS: ");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void On_the_loopback_address_there_is_nothing_to_warn_of(string address)
    {
        OpenPorts.Warn(_log, IPAddress.Parse(address), 30_000, null);
        _log.Lines.ShouldBeEmpty();
    }
}
