using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Faults.Tests;

public class VerifierTests
{
    private readonly Report _report = new(TextWriter.Null);
    private readonly Ledger _ledger = new();

    [Fact]
    public async Task An_erased_session_that_a_late_start_begins_anew_is_counted_and_erased_again()
    {
        var server = new ErasedSession("#1.0 be kind");
        await VerifyAsync(server, ofCluster: true);
        server.Erasures.ShouldBe(1);
        _report.Count(Fault.Late).ShouldBe(1);
        _report.HasFaults.ShouldBeFalse();
    }

    [Fact]
    public async Task A_single_server_has_no_late_starts()
    {
        await VerifyAsync(new ErasedSession("#1.0 be kind"), ofCluster: false);
        _report.Count(Fault.Other).ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("#1.0 be kind", "#2.0 hello")]
    [InlineData("#2.0 hello")]
    [InlineData]
    public async Task An_erased_session_that_still_has_something_else_is_not_erased(params string[] contents)
    {
        await VerifyAsync(new ErasedSession(contents), ofCluster: true);
        _report.Count(Fault.Late).ShouldBe(0);
        _report.Count(Fault.Other).ShouldBeGreaterThan(0);
    }

    private async Task VerifyAsync(ErasedSession server, bool ofCluster)
    {
        var session = _ledger.NewSession(stays: false);
        session.Add(new Append(session, 1, Carrier.Start, Encoding.UTF8.GetBytes("""{"system_prompt":"#1.0 be kind"}"""), null, hasIds: false) { Outcome = Outcome.Acknowledged });
        session.Add(new Append(session, 2, Carrier.Store, Encoding.UTF8.GetBytes("""{"user_message":"#2.0 hello","agent_message":"#2.1 hi"}"""), "key-2", hasIds: false) { Outcome = Outcome.Acknowledged });
        (session.DeleteRequested, session.Deleted) = (true, true);
        await new Verifier(_ledger, _report, seed: 1, ofCluster).VerifyAsync(server, [session], new RoundFigures(), CancellationToken.None);
    }

    /// <summary>A server with one session that was erased, and has messages all the same until it is erased again.</summary>
    private sealed class ErasedSession(params string[] contents) : IConnection
    {
        private bool _erased;

        public int Erasures { get; private set; }

        public Task<Answer> SendAsync(Append append) => Answered(new JsonObject());

        public Task<Answer> PostAsync(string path, Session session, JsonObject body) => Answered(new JsonObject());

        public Task<Answer> DeleteAsync(Session session)
        {
            Erasures++;
            _erased = true;
            return Task.FromResult(AnswerOf(200, new JsonObject()));
        }

        public Task<Answer> GetAsync(string path, string user) => path.StartsWith("/sessions?", StringComparison.Ordinal)
            ? Task.FromResult(AnswerOf(200, new JsonObject { ["sessions"] = new JsonArray(), ["next"] = null }))
            : Answered(new JsonObject
            {
                ["messages"] = new JsonArray([.. contents.Select((content, index) => new JsonObject { ["sequence"] = index + 1, ["role"] = "system", ["content"] = content })]),
                ["next"] = null,
            });

        private static Answer AnswerOf(int status, JsonObject body) => new(status, JsonSerializer.SerializeToElement(body), Replayed: false, At: 1);

        private Task<Answer> Answered(JsonObject body) => Task.FromResult(_erased ? AnswerOf(410, []) : AnswerOf(200, body));
    }
}
