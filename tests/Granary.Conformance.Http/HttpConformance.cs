using System.Text.Json.Nodes;

namespace Granary.Conformance.Http;

/// <summary>
/// The base of every class of facts about the HTTP API. A host's test project derives from each class with the fixture that starts the API
/// over its cluster; every test uses users of its own, so that they do not meet.
/// </summary>
/// <typeparam name="TFixture">Starts the API.</typeparam>
public abstract class HttpConformance<TFixture>(TFixture fixture) : IClassFixture<TFixture>
    where TFixture : HttpFixture
{
    /// <summary>Starts servers of other settings.</summary>
    protected TFixture Fixture { get; } = fixture;

    /// <summary>The server without keys.</summary>
    protected HttpServer Server => Fixture.Server;

    /// <summary>A user that no other test knows.</summary>
    protected string User { get; } = "user-" + Guid.NewGuid().ToString("n")[..12];

    /// <summary>A client that is <see cref="User"/>.</summary>
    protected ApiClient Api => field ??= Server.As(User);

    /// <summary>Stores a turn.</summary>
    protected Task<ApiAnswer> StoreAsync(string session, string said = "hello", string answered = "hi") =>
        Api.PostAsync("/memory/store", new JsonObject { ["session_id"] = session, ["user_message"] = said, ["agent_message"] = answered }.ToJsonString());
}
