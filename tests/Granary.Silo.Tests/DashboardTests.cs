using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Granary.Http.Identity;

namespace Granary.Silo.Tests;

/// <summary>Who may see the dashboard.</summary>
public sealed class DashboardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-dashboard-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_is_not_there_unless_asked_for()
    {
        var (silo, client) = await SiloProcess.ListenAsync(_folder);
        await using (silo)
        {
            (await client.GetAsync("/dashboard/")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task On_loopback_without_keys_it_is_open_but_for_web_pages()
    {
        var (silo, client) = await SiloProcess.ListenAsync(_folder, ("DASHBOARD", "true"));
        await using (silo)
        {
            using var page = await client.GetAsync("/dashboard/");
            page.StatusCode.ShouldBe(HttpStatusCode.OK, silo.Said);
            (await page.Content.ReadAsStringAsync()).ShouldContain("<html");
            page.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
            (await client.GetStringAsync("/dashboard/ClusterStats")).ShouldStartWith("{");
            (await client.GetAsync("/dashboard/GrainState?grainId=x&grainType=y")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

            using var foreign = new HttpRequestMessage(HttpMethod.Get, "/dashboard/ClusterStats") { Headers = { { "Origin", "https://elsewhere.example" } } };
            (await client.SendAsync(foreign)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            using var rebound = new HttpRequestMessage(HttpMethod.Get, "/dashboard/ClusterStats") { Headers = { Host = "elsewhere.example" } };
            (await client.SendAsync(rebound)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            silo.Output.ShouldContain("Orleans dashboard at /dashboard");
        }
    }

    [Fact]
    public async Task With_keys_it_is_for_service_keys_which_browsers_give_as_a_password()
    {
        var service = ApiKey.Create();
        var user = ApiKey.Create();
        var (silo, client) = await SiloProcess.ListenAsync(
            _folder,
            ("DASHBOARD", "true"),
            ("Granary__Keys__0__Hash", service.Hash),
            ("Granary__Keys__0__Tenant", "acme"),
            ("Granary__Keys__1__Hash", user.Hash),
            ("Granary__Keys__1__Tenant", "acme"),
            ("Granary__Keys__1__User", "ada"));
        await using (silo)
        {
            using var asked = await client.GetAsync("/dashboard/");
            asked.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            asked.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Basic");

            (await GetAsync(client, "/dashboard/", "Bearer", service.Text)).ShouldBe(HttpStatusCode.OK);
            (await GetAsync(client, "/dashboard/ClusterStats", "Basic", Basic("operator", service.Text))).ShouldBe(HttpStatusCode.OK);
            (await GetAsync(client, "/dashboard/ClusterStats", "Bearer", user.Text)).ShouldBe(HttpStatusCode.Forbidden);
            (await GetAsync(client, "/dashboard/ClusterStats", "Basic", Basic("operator", "gk_wrong"))).ShouldBe(HttpStatusCode.Unauthorized);

            // Elsewhere passwords are no keys.
            (await GetAsync(client, "/stats", "Basic", Basic("operator", service.Text))).ShouldBe(HttpStatusCode.Unauthorized);
            using var api = await client.GetAsync("/stats");
            api.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
        }
    }

    [Fact]
    public async Task Beyond_loopback_without_a_service_key_the_start_is_refused()
    {
        await using var silo = SiloProcess.Start(_folder, ("DASHBOARD", "true"), ("HOST", "0.0.0.0"), ("ALLOW_ANONYMOUS", "true"));

        (await silo.ExitAsync()).ShouldBe(2);

        silo.Errors.ShouldHaveSingleItem().ShouldStartWith("granary: DASHBOARD is true and HOST is 0.0.0.0");
    }

    private static string Basic(string name, string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}"));

    private static async Task<HttpStatusCode> GetAsync(HttpClient client, string path, string scheme, string credentials)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new AuthenticationHeaderValue(scheme, credentials) } };
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }
}
