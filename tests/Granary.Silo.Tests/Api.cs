using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Granary.Silo.Tests;

/// <summary>The calls that the tests make.</summary>
internal static class Api
{
    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    public static Task<HttpResponseMessage> StoreAsync(this HttpClient client, string session, string said, string user = "ada") => client.PostAsync(
        "/memory/store",
        Json($$"""{"user_id":"{{user}}","session_id":"{{session}}","user_message":"{{said}}","agent_message":"Noted."}"""));

    public static async Task<string> ContextAsync(this HttpClient client, string session, string user = "ada")
    {
        using var answer = await client.PostAsync("/memory/context", Json($$"""{"user_id":"{{user}}","session_id":"{{session}}"}"""));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadAsStringAsync();
    }

    public static async Task<(HttpStatusCode Status, string Word)> ReadyAsync(this HttpClient client)
    {
        using var answer = await client.GetAsync("/health/ready");
        return (answer.StatusCode, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["status"]!);
    }
}
