using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Granary.Silo.Tests;

/// <summary>How a silo stops.</summary>
public sealed class DrainTests : IDisposable
{
    private const int SigTerm = 15;

    private readonly string _folder = Directory.CreateTempSubdirectory("granary-drain-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_running_call_finishes_new_ones_are_sent_elsewhere_feeds_end_and_the_exit_code_is_0()
    {
        var (silo, client) = await SiloProcess.ListenAsync(_folder);
        await using (silo)
        {
            (await client.StoreAsync("s", "before")).StatusCode.ShouldBe(HttpStatusCode.OK);
            using var feed = await client.GetAsync("/sessions/s/events?user_id=ada", HttpCompletionOption.ResponseHeadersRead);
            var body = new SlowBody(await ExportAsync(client));
            var import = await ImportAsync(client, body);

            silo.Signal(SigTerm);

            await NotReadyAsync(client);
            using var refused = await client.StoreAsync("s", "during");
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            refused.Headers.RetryAfter.ShouldNotBeNull();
            ((string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["code"]!).ShouldBe("stopping");
            (await feed.Content.ReadAsStringAsync().WaitAsync(SiloProcess.Patience)).ShouldContain("before");

            body.Finish();
            using var imported = await import;
            imported.StatusCode.ShouldBe(HttpStatusCode.Created, await imported.Content.ReadAsStringAsync());
            (await silo.ExitAsync()).ShouldBe(0, silo.Said);
        }
    }

    [Fact]
    public async Task A_call_that_outlasts_the_time_is_cut_off_and_the_exit_code_says_so()
    {
        var (silo, client) = await SiloProcess.ListenAsync(_folder, ("DRAIN_SECONDS", "2"));
        await using (silo)
        {
            var body = new SlowBody("{}");
            var import = await ImportAsync(client, body);

            (await silo.StopAsync()).ShouldBe(3, silo.Said);

            silo.Errors.ShouldHaveSingleItem().ShouldStartWith("granary: the stop was cut short after DRAIN_SECONDS (2)");
            silo.Output.ShouldContain(line => line.Contains("1 requests took longer"));
            await Should.ThrowAsync<HttpRequestException>(() => import);
        }
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        var (silo, client) = await SiloProcess.ListenAsync(_folder);
        await using (silo)
        {
            var body = new SlowBody("{}");
            var import = await ImportAsync(client, body);
            silo.Signal(SigTerm);
            await NotReadyAsync(client);

            (await silo.StopAsync()).ShouldBe(128 + SigTerm, silo.Said);

            silo.Errors.ShouldHaveSingleItem().ShouldStartWith("granary: told to stop a second time");
            await Should.ThrowAsync<HttpRequestException>(() => import);
        }
    }

    private static async Task<string> ExportAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sessions/s/export") { Headers = { { "X-User-ID", "ada" } } };
        using var answer = await client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Begins an import.</summary>
    /// <returns>Its answer, once the server reads its body: only then the body is asked for.</returns>
    private static async Task<Task<HttpResponseMessage>> ImportAsync(HttpClient client, SlowBody body)
    {
        var importer = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = SiloProcess.Patience }) { BaseAddress = client.BaseAddress };
        var request = new HttpRequestMessage(HttpMethod.Post, "/sessions/import?session_id=copy") { Content = body, Headers = { ExpectContinue = true } };
        var answer = importer.SendAsync(request);
        await Task.WhenAny(body.Begun, answer);
        return answer;
    }

    /// <summary>Waits until the drain is seen; each answer comes from a server that still listens.</summary>
    private static async Task NotReadyAsync(HttpClient client)
    {
        using var patience = new CancellationTokenSource(SiloProcess.Patience);
        while (await client.ReadyAsync() != (HttpStatusCode.ServiceUnavailable, "stopping"))
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A body whose end is held back.</summary>
    private sealed class SlowBody : HttpContent
    {
        private readonly byte[] _text;
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SlowBody(string text)
        {
            _text = Encoding.UTF8.GetBytes(text);
            Headers.ContentType = new("application/x-ndjson");
        }

        /// <summary>The server reads.</summary>
        public Task Begun => _begun.Task.WaitAsync(SiloProcess.Patience);

        public void Finish() => _finish.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_text);
            await stream.FlushAsync();
            _begun.TrySetResult();
            await _finish.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
