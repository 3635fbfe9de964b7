using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Granary.Silo.Tests;

/// <summary>What Orleans is told.</summary>
public sealed class SiloSetupTests
{
    [Theory]
    [InlineData("1", 5)]
    [InlineData("30", 9)]
    [InlineData("3600", 30)]
    public void A_session_that_leaves_has_a_few_seconds_however_long_a_stop_may_take(string drain, double seconds) =>
        Collection(("DRAIN_SECONDS", drain)).DeactivationTimeout.ShouldBe(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData("30", "60", 60)]
    [InlineData("30", "0.5", 0.5)]
    [InlineData("30", "300", 300)]
    [InlineData("30", "86400", 900)]
    [InlineData("0.01", "60", 0.3)]
    public void Idle_sessions_are_looked_for_as_often_as_is_set_but_at_least_twice_in_their_time(string minutes, string interval, double seconds) =>
        Collection(("SESSION_TTL_MINUTES", minutes), ("EVICTION_INTERVAL_SECONDS", interval)).CollectionQuantum.ShouldBe(TimeSpan.FromSeconds(seconds));

    private static GrainCollectionOptions Collection(params (string, string)[] environment)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo => new SiloSetup(SettingsFixture.Host(environment), SettingsFixture.Read(environment), 11_111).Configure(silo));
        using var host = builder.Build();
        foreach (var validator in host.Services.GetServices<global::Orleans.IConfigurationValidator>())
        {
            validator.ValidateConfiguration();
        }

        return host.Services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value;
    }
}
