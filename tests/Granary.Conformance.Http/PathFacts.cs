namespace Granary.Conformance.Http;

/// <summary>Ids in paths, as they are on the wire.</summary>
public abstract class PathFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    [Theory]
    [InlineData("s", "s")]
    [InlineData("%73", "s")]
    [InlineData("a%3Ab", "a:b")]
    [InlineData("a:b@c|d+e=f~g-h_i.j", "a:b@c|d+e=f~g-h_i.j")]
    [InlineData("a%7Cb", "a|b")]
    [InlineData("a+b", "a+b")]
    [InlineData("a%2Bb", "a+b")]
    [InlineData("...", "...")]
    public async Task An_id_is_percent_decoded_once(string onTheWire, string id)
    {
        await StoreAsync(id);

        var (status, text) = await GetAsync($"/sessions/{onTheWire}");

        status.ShouldBe(200, text);
        text.ShouldContain($"\"session_id\":\"{id}\"");
    }

    [Theory]
    [InlineData("/sessions/a%2Fb")]
    [InlineData("/sessions/a%2fb/messages")]
    [InlineData("/sessions/a%252Fb")]
    [InlineData("/sessions/%2573")]
    [InlineData("/sessions/%25")]
    [InlineData("/sessions/a%5Cb")]
    [InlineData("/sessions/a%20b")]
    [InlineData("/sessions/a%0Ab")]
    [InlineData("/sessions/%C3%A9")]
    [InlineData("/sessions/a%3Fb")]
    [InlineData("/sessions/a%23b")]
    [InlineData("/sessions/.")]
    [InlineData("/sessions/..")]
    [InlineData("/sessions/%2e")]
    [InlineData("/sessions/%2e%2e")]
    [InlineData("/sessions/.%2E/health")]
    [InlineData("/sessions/%2e%2e/health")]
    [InlineData("/sessions/s/../t")]
    [InlineData("/sessions/..%2f..%2fhealth")]
    public async Task An_id_that_is_none_after_one_decoding_is_refused(string target)
    {
        await StoreAsync("s");

        var (status, text) = await GetAsync(target);

        status.ShouldBe(400, text);
        text.ShouldContain("invalid_request");
    }

    [Theory]
    [InlineData("/sessions/a%00b")]
    [InlineData("/sessions/%")]
    [InlineData("/sessions/%zz")]
    [InlineData("/sessions/%ff")]
    public async Task What_the_server_itself_cannot_decode_finds_nothing(string target)
    {
        var (status, _) = await GetAsync(target);

        status.ShouldBe(400);
    }

    [Fact]
    public async Task An_id_of_128_characters_is_the_longest()
    {
        await StoreAsync(new string('x', 128));

        (await GetAsync("/sessions/" + new string('x', 128))).Status.ShouldBe(200);
        (await GetAsync("/sessions/" + new string('x', 129))).Status.ShouldBe(400);
    }

    private Task<(int Status, string Text)> GetAsync(string target) =>
        RawConnection.SendAsync(Server, $"GET {target} HTTP/1.1\nHost: localhost\nX-User-ID: {User}\n\n");
}
