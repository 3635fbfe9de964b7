using Granary.Providers.Mem0;

namespace Granary.Providers.Tests.Mem0;

public sealed class Mem0ProviderOptionsTests
{
    [Fact]
    public void The_defaults_are_sound() => new Mem0ProviderOptions().Problem().ShouldBeNull();

    public static TheoryData<string, Action<Mem0ProviderOptions>> Wrong => new()
    {
        { "Name", options => options.Name = "" },
        { "BaseUrl", options => options.BaseUrl = "localhost" },
        { "BaseUrl", options => options.BaseUrl = "ftp://localhost" },
        { "BaseUrl", options => options.BaseUrl = "http://user:hunter2@localhost" },
        { "BaseUrl", options => options.BaseUrl = "http://localhost?key=hunter2" },
        { "ApiKey", options => options.ApiKey = "hunter2\r\nX-Evil: 1" },
        { "ApiKey", options => options.ApiKey = "" },
        { "HmacSecret", options => options.HmacSecret = "" },
        { "KeyScheme", options => options.KeyScheme = (Mem0KeyScheme)7 },
        { "Signature", options => options.Signature = (Mem0Signature)7 },
        { "Api", options => options.Api = (Mem0Api)7 },
        { "Timeout", options => options.Timeout = TimeSpan.Zero },
        { "PendingTimeout", options => options.PendingTimeout = TimeSpan.FromSeconds(-1) },
        { "MaxResponseBytes", options => options.MaxResponseBytes = 0 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_setting_out_of_range_is_named_without_secrets(string setting, Action<Mem0ProviderOptions> spoil)
    {
        var options = new Mem0ProviderOptions();
        spoil(options);
        options.Problem()!.ShouldStartWith(setting);
        options.Problem()!.ShouldNotContain("hunter2");
        Should.Throw<ArgumentException>(() => new Mem0MemoryProvider(options));
    }

    [Theory]
    [InlineData("http://localhost:8001", null, true)]
    [InlineData("https://api.mem0.ai", null, false)]
    [InlineData("https://notmem0.ai", null, true)]
    [InlineData("https://api.mem0.ai", true, true)]
    [InlineData("http://localhost:8001", false, false)]
    public void Agents_are_told_unless_a_copy_would_be_made_for_them(string address, bool? set, bool expected) =>
        new Mem0ProviderOptions { BaseUrl = address, SendAgentIds = set }.SendsAgentIds.ShouldBe(expected);
}
