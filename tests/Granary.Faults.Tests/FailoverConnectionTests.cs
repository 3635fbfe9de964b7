using System.Net;
using System.Net.Sockets;
using System.Text;
using Granary.Faults.Cluster;

namespace Granary.Faults.Tests;

public class FailoverConnectionTests
{
    private static readonly Session Session = new(number: 1, stays: false);

    [Fact]
    public async Task A_refused_append_goes_to_another_silo_with_the_same_key()
    {
        using var refusing = new FakeSilo(503, """{"code":"storage_unavailable"}""");
        using var taking = new FakeSilo(200, "{}");
        using var first = refusing.Link(1);
        using var second = taking.Link(2);
        var journal = new CallJournal();
        var connection = new FailoverConnection([first, second], journal);

        // In turn: one of two begins with the silo that refuses.
        for (var number = 1; number <= 2; number++)
        {
            (await connection.SendAsync(new Append(Session, number, Carrier.Store, "{}"u8.ToArray(), $"key-{number}", hasIds: false))).Status.ShouldBe(200);
        }

        taking.Keys.ShouldBe(["key-1", "key-2"], ignoreOrder: true);
        refusing.Keys.ShouldBeSubsetOf(taking.Keys);
        refusing.Keys.Count.ShouldBe(1);
        journal.Outcomes.ShouldBe(new Dictionary<string, int> { ["200"] = 2, ["503 storage_unavailable"] = 1 }, ignoreOrder: true);
        journal.Calls.Sum(call => call.Attempts).ShouldBe(3);
        journal.Calls.ShouldAllBe(call => call.IsAnswered);
    }

    [Fact]
    public async Task A_silo_that_is_gone_costs_no_answer()
    {
        using var taking = new FakeSilo(200, "{}");
        using var gone = new SiloLink(1, new Uri($"http://127.0.0.1:{Ports.Choose(1)[0]}"), TimeSpan.FromSeconds(5));
        using var alive = taking.Link(2);
        var connection = new FailoverConnection([gone, alive]);
        for (var number = 1; number <= 4; number++)
        {
            (await connection.SendAsync(new Append(Session, number, Carrier.Store, "{}"u8.ToArray(), $"key-{number}", hasIds: false))).Status.ShouldBe(200);
        }
    }

    [Fact]
    public async Task A_refusal_for_good_is_the_answer()
    {
        using var refusing = new FakeSilo(409, """{"code":"completed"}""");
        using var link = refusing.Link(1);
        var answer = await new FailoverConnection([link]).SendAsync(new Append(Session, 1, Carrier.Store, "{}"u8.ToArray(), "key", hasIds: false));
        answer.Is(409, "completed").ShouldBeTrue();
        refusing.Keys.ShouldBe(["key"]);
    }

    /// <summary>Answers everything alike and remembers the keys.</summary>
    private sealed class FakeSilo : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Uri _address;

        public FakeSilo(int status, string body)
        {
            while (true)
            {
                _address = new Uri($"http://127.0.0.1:{Ports.Choose(1)[0]}/");
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add(_address.AbsoluteUri);
                try
                {
                    _listener.Start();
                    break;
                }
                catch (Exception taken) when (taken is HttpListenerException or SocketException)
                {
                    // Somebody was faster; another port.
                }
            }

            _ = AnswerAsync(status, Encoding.UTF8.GetBytes(body));
        }

        public List<string> Keys { get; } = [];

        public SiloLink Link(int number) => new(number, _address, TimeSpan.FromSeconds(20));

        public void Dispose() => _listener.Close();

        private async Task AnswerAsync(int status, byte[] body)
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    Keys.Add(context.Request.Headers["Idempotency-Key"]!);
                    context.Response.StatusCode = status;
                    await context.Response.OutputStream.WriteAsync(body);
                    context.Response.Close();
                }
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
