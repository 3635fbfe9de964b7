using System.Security.Cryptography.X509Certificates;
using Granary.Conformance.Time;
using Granary.Silo.Security;

namespace Granary.Silo.Tests;

public sealed class CertificateWatchTests : IDisposable
{
    private const int Days = 100;

    private readonly string _folder = Directory.CreateTempSubdirectory("granary-watch-").FullName;
    private readonly Certificates _certificates;
    private readonly X509Certificate2 _certificate;
    private readonly SiloIdentity _identity;
    private readonly ManualTimeProvider _time;
    private readonly Log<CertificateWatch> _log = new();

    public CertificateWatchTests()
    {
        _certificates = new Certificates(_folder, daysTo: Days + 1);
        _certificate = X509CertificateLoader.LoadPkcs12FromFile(_certificates.Make(daysTo: Days), Certificates.Password);
        _identity = new SiloIdentity(_certificate, "granary.internal", null);

        // A moment after the hour, so that no look falls on the very end.
        _time = new ManualTimeProvider(_identity.ValidUntil - TimeSpan.FromDays(Days) + TimeSpan.FromHours(1));
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_silo_that_runs_for_long_warns_daily_from_30_days_before_its_certificate_ends()
    {
        using var watch = new CertificateWatch(_identity, _time, _log);
        await watch.StartAsync(CancellationToken.None);

        _time.Advance(TimeSpan.FromDays(Days - 31));
        _log.Lines.ShouldBeEmpty();

        _time.Advance(TimeSpan.FromDays(1));
        _log.Lines.ShouldHaveSingleItem().ShouldBe(
            $"Warning: SILO_TLS_CERTIFICATE ends on {_identity.ValidUntil.UtcDateTime:u}, in 29 days: renew it and start the silos again, one after the other");

        _time.Advance(TimeSpan.FromDays(29));
        _log.Lines.Count.ShouldBe(30);

        _time.Advance(TimeSpan.FromDays(1));
        _log.Lines[^1].ShouldStartWith("Error: SILO_TLS_CERTIFICATE has ended on ");
    }

    [Fact]
    public async Task A_start_shortly_before_the_end_is_warned_at_once()
    {
        _time.AdvanceTo(_identity.ValidUntil - TimeSpan.FromHours(3));
        using var watch = new CertificateWatch(_identity, _time, _log);

        await watch.StartAsync(CancellationToken.None);

        _log.Lines.ShouldHaveSingleItem().ShouldContain("in 0 days");
    }

    [Fact]
    public async Task A_silo_that_stops_looks_no_more()
    {
        using var watch = new CertificateWatch(_identity, _time, _log);
        await watch.StartAsync(CancellationToken.None);

        await watch.StopAsync(CancellationToken.None);

        _time.WaitingTimers.ShouldBe(0);
    }
}
