using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;
using Orleans.Hosting;

namespace Granary.Silo.Security;

/// <summary>
/// How silos know each other: each shows a certificate on every connection, whichever side opened it, from an authority that the others
/// trust and with the name that all of the cluster carry. An authority alone would let in whoever else has a certificate of it.
/// </summary>
/// <param name="certificate">This silo's, with its key.</param>
/// <param name="host">The name that all carry.</param>
/// <param name="authorities">The authorities; null: the machine's.</param>
internal sealed class SiloIdentity(X509Certificate2 certificate, string host, X509Certificate2Collection? authorities)
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    /// <summary>When this silo's certificate ends.</summary>
    public DateTimeOffset ValidUntil => certificate.NotAfter;

    /// <summary>Makes every connection between silos, and of Orleans clients, ask for and show certificates.</summary>
    public void Use(ISiloBuilder silo) => silo.UseTls(options =>
    {
        options.LocalCertificate = certificate;
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.OnAuthenticateAsClient = (_, client) => client.TargetHost = host;
        options.RemoteCertificateValidation = (remote, chain, errors) =>
            (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == SslPolicyErrors.None && WhyRefused(remote, Sent(chain)) is null;
    });

    /// <summary>Why a certificate is none of this cluster's; null if it is one.</summary>
    /// <param name="remote">The certificate.</param>
    /// <param name="sent">What came with it.</param>
    public string? WhyRefused(X509Certificate2 remote, X509Certificate2[] sent)
    {
        if (!remote.MatchesHostname(host))
        {
            return $"it does not carry the name {host}";
        }

        // Revocation lists are not asked: they would make each connection depend on the authority being reachable.
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        chain.ChainPolicy.ApplicationPolicy.Add(ClientAuthentication);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        if (authorities is not null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return chain.Build(remote) ? null : string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')).Distinct());
    }

    private static X509Certificate2[] Sent(X509Chain? chain) =>
        chain is null ? [] : [.. chain.ChainElements.Select(element => element.Certificate), .. chain.ChainPolicy.ExtraStore];
}
