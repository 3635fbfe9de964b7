using System.Diagnostics;
using System.Globalization;

namespace Granary.Benchmarks.Proxy;

/// <summary>
/// What the memory proxy adds to a chat: client, provider, Granary and a bare relay are processes of one machine, and take turns in short
/// slices, so that whatever else the machine does falls on all of them.
/// </summary>
internal static class ProxyCost
{
    private const int Slices = 40;
    private const int CallsOfSlice = 10;

    /// <summary>Calls of each kind before anything counts: the code of three processes is to be compiled for good.</summary>
    private const int Warmup = 400;

    private const int StreamsAtATime = 64;
    private const int StreamSlices = 5;
    private const int StreamsOfSlice = 1_000;
    private const int OpenStreams = 1_000;

    private static int _sessions;

    public static async Task RunAsync()
    {
        await using var upstream = await ChildProcess.StartAsync("upstream");
        await using var relay = await ChildProcess.StartAsync("relay", upstream.Address.ToString());
        await using var granary = await ChildProcess.StartAsync("granary", upstream.Address.ToString());
        using var calls = new ChatCalls();
        var servers = new Servers(upstream, relay, granary);

        var delays = new Table(
            $"Proxy: a chat in a session of {ProxyMemory.Turns} turns, ms (targets: whole answer, p50 added <= 1.5; first token, p50 added <= 1); slices of {CallsOfSlice}, {Slices} each",
            "", "direct p50", "p99", "bare relay p50", "p99", "Granary p50", "p99", "added p50", "by a bare relay", "added p99");
        await DelayAsync(new Table("warm-up", "", "", "", "", "", "", "", "", "", ""), servers, calls, "", stream: false, resent: true);
        foreach (var (name, stream, resent) in (List<(string, bool, bool)>)
        [
            ("whole answer, history resent", false, true), ("whole answer, new message alone", false, false),
            ("first token, history resent", true, true), ("first token, new message alone", true, false),
        ])
        {
            await DelayAsync(delays, servers, calls, name, stream, resent);
        }

        delays.Print();
        Console.WriteLine();
        await ThroughputAsync(servers, calls);
        Console.WriteLine();
        await MemoryAsync(servers);
    }

    private static async Task DelayAsync(Table table, Servers servers, ChatCalls calls, string name, bool stream, bool resent)
    {
        var prefix = await SessionsAsync(servers, Warmup + (Slices * CallsOfSlice));
        var model = stream ? ScriptedUpstream.FirstToken : ScriptedUpstream.Prompt;
        var whole = ChatCalls.Body(model, stream, ProxyMemory.Turns, "And on Friday?");
        var sent = ChatCalls.Body(model, stream, resent ? ProxyMemory.Turns : 0, "And on Friday?");
        var used = 0;
        var kinds = new Func<Task<double>>[]
        {
            () => CallAsync(servers.Upstream, whole, null),
            () => CallAsync(servers.Relay, whole, null),
            () => CallAsync(servers.Granary, sent, $"{prefix}-{used++}"),
        };
        var times = kinds.Select(_ => new List<double>()).ToArray();
        for (var call = 0; call < Warmup; call++)
        {
            foreach (var kind in kinds)
            {
                await kind();
            }
        }

        for (var slice = 0; slice < Slices; slice++)
        {
            for (var kind = 0; kind < kinds.Length; kind++)
            {
                for (var call = 0; call < CallsOfSlice; call++)
                {
                    times[kind].Add(await kinds[kind]());
                }
            }
        }

        var sorted = times.Select(list => list.Order().ToArray()).ToArray();
        double P50(int kind) => Quantiles.At(sorted[kind], 0.5);
        double P99(int kind) => Quantiles.At(sorted[kind], 0.99);
        table.Row(name, P50(0), P99(0), P50(1), P99(1), P50(2), P99(2), P50(2) - P50(0), P50(1) - P50(0), P99(2) - P99(0));

        Task<double> CallAsync(ChildProcess server, byte[] body, string? session) =>
            stream ? calls.FirstTokenAsync(server.Address, body, session) : calls.WholeAsync(server.Address, body, session);
    }

    private static async Task ThroughputAsync(Servers servers, ChatCalls calls)
    {
        var table = new Table(
            $"Proxy: streams of {ScriptedUpstream.Chunks} pieces, {StreamsAtATime} at a time, each the next turn of a session of {ProxyMemory.Turns} turns, durable; medians of {StreamSlices} slices of {StreamsOfSlice:N0}",
            "", "streams/s", "pieces/s", "its own CPU ms/stream");
        var prefix = await SessionsAsync(servers, StreamsOfSlice * (StreamSlices + 1));
        var whole = ChatCalls.Body(ScriptedUpstream.Prompt, stream: true, ProxyMemory.Turns, "And on Friday?");
        var sent = ChatCalls.Body(ScriptedUpstream.Prompt, stream: true, history: 0, "And on Friday?");
        var used = -1;
        var kinds = new (string Name, ChildProcess Server, Func<Task> Call)[]
        {
            ("direct (the provider)", servers.Upstream, () => calls.FirstTokenAsync(servers.Upstream.Address, whole, null)),
            ("bare relay", servers.Relay, () => calls.FirstTokenAsync(servers.Relay.Address, whole, null)),
            ("Granary without a user", servers.Granary, () => calls.FirstTokenAsync(servers.Granary.Address, whole, null)),
            ("Granary", servers.Granary, () => calls.FirstTokenAsync(servers.Granary.Address, sent, $"{prefix}-{Interlocked.Increment(ref used)}")),
        };
        var rates = kinds.Select(_ => new List<double>()).ToArray();
        var cpu = kinds.Select(_ => new List<double>()).ToArray();
        for (var slice = -1; slice < StreamSlices; slice++)
        {
            for (var kind = 0; kind < kinds.Length; kind++)
            {
                var before = await kinds[kind].Server.CpuAsync();
                var started = Stopwatch.GetTimestamp();
                await ManyAsync(StreamsOfSlice, kinds[kind].Call);
                var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
                if (slice >= 0)
                {
                    rates[kind].Add(StreamsOfSlice / elapsed);
                    cpu[kind].Add((await kinds[kind].Server.CpuAsync() - before) / StreamsOfSlice);
                }
            }
        }

        for (var kind = 0; kind < kinds.Length; kind++)
        {
            var rate = Quantiles.Median(rates[kind]);
            table.Row(kinds[kind].Name, rate, rate * ScriptedUpstream.Chunks, Quantiles.Median(cpu[kind]));
        }

        table.Print();
    }

    private static async Task MemoryAsync(Servers servers)
    {
        var table = new Table(
            $"Proxy: memory of an open stream with {OpenStreams:N0} open, KiB (target: <= 32), after a collection; {ScriptedUpstream.HeldChunks} pieces have come",
            "", "managed heap", "working set");
        var whole = ChatCalls.Body(ScriptedUpstream.Hold, stream: true, ProxyMemory.Turns, "And on Friday?");
        var sent = ChatCalls.Body(ScriptedUpstream.Hold, stream: true, history: 0, "And on Friday?");
        await AddAsync("bare relay, 20 turns sent", servers.Relay, whole, remembered: false);
        await AddAsync("Granary without a user, 20 turns sent", servers.Granary, whole, remembered: false);
        await AddAsync("Granary, history resent", servers.Granary, whole, remembered: true);
        await AddAsync("Granary, new message alone", servers.Granary, sent, remembered: true);
        table.Print();

        async Task AddAsync(string name, ChildProcess server, byte[] body, bool remembered)
        {
            // Sessions are in memory before: what they need is theirs and not a stream's.
            var prefix = remembered ? await SessionsAsync(servers, OpenStreams) : null;
            using (var warm = new ChatCalls())
            {
                await CloseAsync(await OpenAsync(warm, server, body, prefix is null ? null : "warm", 32));
            }

            var before = await server.MemoryAsync();
            using var calls = new ChatCalls();
            var streams = await OpenAsync(calls, server, body, prefix, OpenStreams);
            var with = await server.MemoryAsync();
            await CloseAsync(streams);
            table.Row(name, (with.Managed - before.Managed) / 1024.0 / OpenStreams, (with.WorkingSet - before.WorkingSet) / 1024.0 / OpenStreams);
        }
    }

    private static async Task<HttpResponseMessage[]> OpenAsync(ChatCalls calls, ChildProcess server, byte[] body, string? prefix, int count)
    {
        var open = new HttpResponseMessage[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (number, _) =>
            open[number] = await calls.OpenAsync(server.Address, body, prefix is null ? null : string.Create(CultureInfo.InvariantCulture, $"{prefix}-{number}")));
        return open;
    }

    private static async Task CloseAsync(HttpResponseMessage[] streams)
    {
        foreach (var stream in streams)
        {
            stream.Dispose();
        }

        // The servers see it a little later; the next measurement collects what is left.
        await Task.Delay(TimeSpan.FromSeconds(2));
    }

    private static Task ManyAsync(int count, Func<Task> call) =>
        Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = StreamsAtATime }, async (_, _) => await call());

    private static async Task<string> SessionsAsync(Servers servers, int count)
    {
        var prefix = $"set{_sessions++}";
        await servers.Granary.PrepareAsync(prefix, count);
        return prefix;
    }

    private sealed record Servers(ChildProcess Upstream, ChildProcess Relay, ChildProcess Granary);
}
