using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Granary.Silo.Tests;

/// <summary>An authority of one's own, and certificates of it as files.</summary>
internal sealed class Certificates : IDisposable
{
    public const string Password = "open sesame";
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly string _folder;
    private readonly X509Certificate2 _authority;

    public Certificates(string folder, string name = "Test authority", int daysTo = 30)
    {
        _folder = folder;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(daysTo));
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
    }

    public string AuthorityFile => Path.Combine(_folder, "ca.pem");

    public void Dispose() => _authority.Dispose();

    /// <summary>Makes a certificate and writes it as PFX.</summary>
    /// <returns>The file.</returns>
    public string Make(
        string name = "granary.internal", int daysFrom = -1, int daysTo = 10, bool withKey = true, string[]? usages = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=silo", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var oids = new OidCollection();
        foreach (var usage in usages ?? [ServerAuthentication, ClientAuthentication])
        {
            oids.Add(new Oid(usage));
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, false));
        using var issued = request.Create(
            _authority, DateTimeOffset.UtcNow.AddDays(daysFrom), DateTimeOffset.UtcNow.AddDays(daysTo), RandomNumberGenerator.GetBytes(8));
        using var whole = withKey ? issued.CopyWithPrivateKey(key) : X509CertificateLoader.LoadCertificate(issued.RawData);
        var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.pfx");
        File.WriteAllBytes(path, whole.Export(X509ContentType.Pkcs12, Password));
        return path;
    }
}
