using System.Security.Cryptography.X509Certificates;
using static Granary.Silo.Tests.SettingsFixture;

namespace Granary.Silo.Tests;

public sealed class TlsSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-tls-").FullName;
    private readonly Certificates _certificates;

    public TlsSettingsTests() => _certificates = new Certificates(_folder);

    public void Dispose()
    {
        _certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_certificate_of_the_named_authority_is_taken()
    {
        var identity = Read(Tls(_certificates.Make())).Tls.ShouldNotBeNull();

        identity.ValidUntil.ShouldBeGreaterThan(DateTimeOffset.UtcNow);
    }

    [Fact]
    public void Others_are_held_against_name_authority_purpose_and_time()
    {
        var identity = Read(Tls(_certificates.Make())).Tls.ShouldNotBeNull();
        var elsewhere = Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName;
        using var others = new Certificates(elsewhere, "Other authority");

        WhyRefused(_certificates.Make()).ShouldBeNull();
        WhyRefused(_certificates.Make("elsewhere.internal")).ShouldBe("it does not carry the name granary.internal");
        WhyRefused(others.Make()).ShouldNotBeNull();
        WhyRefused(_certificates.Make(usages: [Certificates.ServerAuthentication])).ShouldNotBeNull();
        WhyRefused(_certificates.Make(daysFrom: -5, daysTo: -1)).ShouldNotBeNull();

        string? WhyRefused(string file)
        {
            using var certificate = X509CertificateLoader.LoadPkcs12FromFile(file, Certificates.Password);
            return identity.WhyRefused(certificate, []);
        }
    }

    [Fact]
    public void A_missing_file_is_told() => WhyNot(Tls("nowhere.pfx")).ShouldBe("SILO_TLS_CERTIFICATE (Granary:Cluster:SiloTlsCertificate): there is no file 'nowhere.pfx'.");

    [Fact]
    public void A_wrong_password_is_told()
    {
        var message = WhyNot(Tls(_certificates.Make(), password: "wrong"));

        message.ShouldContain("cannot be opened");
        message.ShouldEndWith("it must be a PFX file, and SILO_TLS_PASSWORD its password.");
    }

    [Fact]
    public void A_certificate_without_its_key_is_told() => WhyNot(Tls(_certificates.Make(withKey: false))).ShouldContain("has no private key");

    [Fact]
    public void An_expired_certificate_is_told() => WhyNot(Tls(_certificates.Make(daysFrom: -5, daysTo: -1))).ShouldContain("has expired on ");

    [Fact]
    public void A_certificate_of_the_future_is_told() => WhyNot(Tls(_certificates.Make(daysFrom: 1))).ShouldContain("is valid from ");

    [Fact]
    public void A_name_that_the_certificate_lacks_is_told() =>
        WhyNot([.. Tls(_certificates.Make()), ("SILO_TLS_HOST", "other.internal")]).ShouldContain("does not carry the name 'other.internal': set SILO_TLS_HOST");

    [Fact]
    public void A_certificate_for_servers_alone_is_told() =>
        WhyNot(Tls(_certificates.Make(usages: [Certificates.ServerAuthentication]))).ShouldContain("for both server and client authentication");

    [Fact]
    public void A_certificate_that_the_authority_did_not_issue_is_told()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName;
        using var others = new Certificates(elsewhere, "Other authority");

        WhyNot(Tls(others.Make())).ShouldContain("other silos would refuse it");
    }

    [Fact]
    public void An_authority_that_is_no_certificate_is_told()
    {
        var file = Path.Combine(_folder, "ca.txt");
        File.WriteAllText(file, "no certificate");

        WhyNot(Tls(_certificates.Make(), authority: file)).ShouldStartWith($"SILO_TLS_CA {file} cannot be read");
    }

    [Fact]
    public void A_missing_authority_is_told() => WhyNot(Tls(_certificates.Make(), authority: "ca")).ShouldBe("SILO_TLS_CA (Granary:Cluster:SiloTlsCa): there is no file 'ca'.");

    private (string, string)[] Tls(string file, string password = Certificates.Password, string? authority = null) =>
        [("SILO_TLS_CERTIFICATE", file), ("SILO_TLS_PASSWORD", password), ("SILO_TLS_CA", authority ?? _certificates.AuthorityFile)];
}
