using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Granary.Hosting.Settings;
using Granary.Silo.Security;

namespace Granary.Silo.Settings;

/// <summary>Reads the certificate that silos know each other by.</summary>
internal static class TlsSettings
{
    /// <summary>Reads and checks.</summary>
    /// <returns>Null where none is set.</returns>
    /// <exception cref="SettingException">The files cannot be used, or other silos would refuse the certificate.</exception>
    public static SiloIdentity? Read(SettingReader read, TimeProvider time)
    {
        var path = read.Text(ClusterSettings.TlsCertificate);
        if (path.Length == 0)
        {
            FlatSetting[] others = [ClusterSettings.TlsPassword, ClusterSettings.TlsHost, ClusterSettings.TlsCa];
            return others.FirstOrDefault(other => read.Text(other).Length > 0) is { } other
                ? throw new SettingException($"{other.Name} is set, but SILO_TLS_CERTIFICATE is not: set it to a PFX file with this silo's certificate and key, or leave {other.Name} out.")
                : null;
        }

        var certificate = Certificate(path, read.Text(ClusterSettings.TlsPassword));
        CheckTime(certificate, path, time.GetUtcNow());
        var host = Host(read, certificate, path);
        var identity = new SiloIdentity(certificate, host, Authorities(read.Text(ClusterSettings.TlsCa)));
        return identity.WhyRefused(certificate, []) is { } reason
            ? throw new SettingException(
                $"SILO_TLS_CERTIFICATE {path}: other silos would refuse it ({reason}): use one for both server and client authentication, "
                + "and set SILO_TLS_CA to the file of the authority it comes from.")
            : identity;
    }

    private static X509Certificate2 Certificate(string path, string password)
    {
        RequireFile(ClusterSettings.TlsCertificate, path);
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadPkcs12FromFile(path, password);
        }
        catch (CryptographicException error)
        {
            throw new SettingException($"SILO_TLS_CERTIFICATE {path} cannot be opened ({error.Message.TrimEnd('.')}): it must be a PFX file, and SILO_TLS_PASSWORD its password.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(ClusterSettings.TlsCertificate, path, error);
        }

        return certificate.HasPrivateKey
            ? certificate
            : throw new SettingException($"SILO_TLS_CERTIFICATE {path} has no private key: export the certificate together with its key.");
    }

    private static void CheckTime(X509Certificate2 certificate, string path, DateTimeOffset now)
    {
        if (now > certificate.NotAfter)
        {
            throw new SettingException($"SILO_TLS_CERTIFICATE {path} has expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z: renew it.");
        }

        if (now < certificate.NotBefore)
        {
            throw new SettingException($"SILO_TLS_CERTIFICATE {path} is valid from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm}Z only: look at this machine's clock, or renew it.");
        }
    }

    private static string Host(SettingReader read, X509Certificate2 certificate, string path)
    {
        var host = read.Text(ClusterSettings.TlsHost);
        if (host.Length == 0)
        {
            host = certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false);
        }

        return host.Length > 0 && certificate.MatchesHostname(host)
            ? host
            : throw new SettingException(
                $"SILO_TLS_CERTIFICATE {path} does not carry the name '{host}': set SILO_TLS_HOST to a DNS name that the certificates of all silos carry.");
    }

    private static X509Certificate2Collection? Authorities(string path)
    {
        if (path.Length == 0)
        {
            return null;
        }

        RequireFile(ClusterSettings.TlsCa, path);
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(path);
            if (authorities.Count == 0)
            {
                authorities.Add(X509CertificateLoader.LoadCertificateFromFile(path));
            }

            return authorities;
        }
        catch (CryptographicException error)
        {
            throw new SettingException($"SILO_TLS_CA {path} cannot be read ({error.Message.TrimEnd('.')}): it must hold certificates as PEM, or one as DER.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(ClusterSettings.TlsCa, path, error);
        }
    }

    private static void RequireFile(FlatSetting setting, string path)
    {
        if (!File.Exists(path))
        {
            throw new SettingException($"{setting.Name} ({setting.Path}): there is no file '{path}'.");
        }
    }

    private static SettingException Unreadable(FlatSetting setting, string path, Exception error) =>
        new($"{setting.Name} {path} cannot be read ({error.Message}): make it readable for this user.");
}
