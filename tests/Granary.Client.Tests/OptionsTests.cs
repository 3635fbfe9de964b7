using Granary.Client.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static Granary.Client.Tests.Support.Samples;

namespace Granary.Client.Tests;

public sealed class OptionsTests
{
    public static TheoryData<Action<GranaryClientOptions>, string> Wrong => new()
    {
        { options => options.BaseAddresses = [], "BaseAddresses must have at least one address, for example http://127.0.0.1:8000." },
        { options => options.BaseAddresses = [new("/relative", UriKind.Relative)], "must be an absolute http or https address" },
        { options => options.BaseAddresses = [new("ftp://a")], "must be an absolute http or https address" },
        { options => options.BaseAddresses = [new("http://a?b=c")], "with a query, a fragment or a password" },
        { options => options.BaseAddresses = [new("http://eve:secret@a")], "with a query, a fragment or a password" },
        { options => options.TenantId = "a b", "TenantId must be 1 to 128 characters" },
        { options => options.UserId = "", "UserId must be 1 to 128 characters" },
        { options => options.ApiKey = "a\nb", "ApiKey must be visible ASCII" },
        { options => options.Timeout = TimeSpan.Zero, "Timeout must be more than 0" },
        { options => options.AttemptTimeout = TimeSpan.FromSeconds(-1), "AttemptTimeout must be more than 0" },
        { options => options.MaxRetries = -1, "MaxRetries must be 0 to 100 but is -1." },
        { options => options.RetryDelay = TimeSpan.FromMinutes(1), "MaxRetryDelay (00:00:05) must be at least RetryDelay (00:01:00)." },
        { options => options.EventIdleTimeout = TimeSpan.Zero, "EventIdleTimeout must be more than 0" },
        { options => options.EventReconnectTimeout = TimeSpan.FromDays(100), "EventReconnectTimeout must be more than 0 and at most 24 days" },
        { options => options.TimeProvider = null!, "TimeProvider must be set" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_setting_is_refused_with_its_name_and_the_fix(Action<GranaryClientOptions> change, string message)
    {
        var options = new GranaryClientOptions { BaseAddresses = [new("http://127.0.0.1:8000")] };
        change(options);
        Should.Throw<OptionsValidationException>(() => new GranaryClient(options)).Message.ShouldContain(message);
    }

    [Fact]
    public void The_defaults_need_an_address_only()
    {
        new GranaryClientOptions { BaseAddresses = [new("http://127.0.0.1:8000")] }.Validate();
        new GranaryClientOptions { BaseAddresses = [new("http://a")], EventReconnectTimeout = Timeout.InfiniteTimeSpan }.Validate();
    }

    [Fact]
    public void A_password_in_an_address_is_not_repeated_in_the_message()
    {
        var options = new GranaryClientOptions { BaseAddresses = [new("http://eve:secret@a")] };
        Should.Throw<OptionsValidationException>(options.Validate).Message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task The_registered_client_is_one_for_all_and_uses_the_factory_s_connections()
    {
        var service = new FakeService().AnswersJson(ContextJson);
        var services = new ServiceCollection();
        services.AddGranaryClient(options =>
        {
            options.BaseAddresses = [new("http://granary.test")];
            options.UserId = "ada";
        }).ConfigurePrimaryHttpMessageHandler(() => service);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<GranaryClient>();
        await client.GetContextAsync("s1");
        service.Only.Header("X-User-ID").ShouldBe("ada");
        provider.GetRequiredService<GranaryClient>().ShouldBeSameAs(client);
    }

    [Fact]
    public void A_wrong_setting_stops_the_start_of_a_host()
    {
        var services = new ServiceCollection();
        services.AddGranaryClient(_ => { });
        using var provider = services.BuildServiceProvider();
        Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate())
            .Message.ShouldContain("BaseAddresses");
    }
}
