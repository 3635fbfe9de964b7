using System.Text;
using Granary.Client.Tests.Support;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;
using static Granary.Client.Tests.Support.Samples;

namespace Granary.Client.Tests;

/// <summary>Exports and imports over real connections.</summary>
public sealed class TransferTests
{
    private static readonly string[] Lines = [Line(Header(2, epoch: 2)), Line(Append(1)), Line(Append(2)), Line(Epoch(2))];

    [Fact]
    public async Task An_export_gives_its_records_in_order()
    {
        await using var server = await ServeAsync(response => response.WriteAsync(string.Concat(Lines)));
        var records = await server.Client().ExportSessionAsync("s1").ToListAsync();
        records.Select(record => record.GetType().Name).ShouldBe(["SessionHeaderRecord", "AppendRecord", "AppendRecord", "EpochRecord"]);
        records.OfType<AppendRecord>().Select(append => append.Messages[0].Content).ShouldBe(["message 1", "message 2"]);
    }

    [Fact]
    public async Task A_record_can_be_used_before_the_next_one_was_sent()
    {
        var next = new TaskCompletionSource();
        await using var server = await ServeAsync(async response =>
        {
            await response.WriteAsync(Line(Header(2)) + Line(Append(1)));
            await response.Body.FlushAsync();
            await next.Task;
            await response.WriteAsync(Line(Append(2)));
        });
        await using var records = server.Client().ExportSessionAsync("s1").GetAsyncEnumerator();
        (await records.MoveNextAsync()).ShouldBeTrue();
        (await records.MoveNextAsync()).ShouldBeTrue();
        next.SetResult();
        (await records.MoveNextAsync()).ShouldBeTrue();
        (await records.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task A_huge_export_passes_through_without_being_kept()
    {
        const int Count = 2_000;
        var big = new string('x', 64 * 1024);
        await using var server = await ServeAsync(async response =>
        {
            await response.WriteAsync(Line(Header(Count)));
            for (var i = 1; i <= Count; i++)
                await response.WriteAsync(Line(new AppendRecord { Messages = [Message(i) with { Content = big }] }));
        });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long peak = 0, bytes = 0, seen = 0;
        await foreach (var record in server.Client().ExportSessionAsync("s1"))
        {
            if (record is not AppendRecord { Messages: [var message] })
                continue;
            bytes += message.Content.Length;
            if (++seen % 250 == 0)
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        bytes.ShouldBe((long)Count * big.Length);
        peak.ShouldBeLessThan(bytes / 8);
    }

    [Theory]
    [InlineData(2, "it ends at sequence 1 of 2")]
    [InlineData(3, "it ends at epoch 1 of 2")]
    [InlineData(0, "it has no header")]
    public async Task An_export_that_ends_between_two_lines_is_not_taken_for_a_whole_one(int lines, string why)
    {
        await using var server = await ServeAsync(response => response.WriteAsync(string.Concat(Lines.Take(lines))));
        var error = await Should.ThrowAsync<UnavailableException>(async () => await server.Client().ExportSessionAsync("s1").ToListAsync());
        error.Code.ShouldBe(ClientErrorCodes.MalformedAnswer);
        error.Message.ShouldContain(why);
    }

    [Fact]
    public async Task An_export_whose_connection_breaks_says_so()
    {
        await using var server = await ServeAsync(async response =>
        {
            await response.WriteAsync(Lines[0] + Lines[1]);
            await response.Body.FlushAsync();
            response.HttpContext.Abort();
        });
        var client = server.Client();
        (await Should.ThrowAsync<UnavailableException>(async () => await client.ExportSessionAsync("s1").ToListAsync())).Code.ShouldBe(ClientErrorCodes.Unreachable);
        (await Should.ThrowAsync<UnavailableException>(() => client.ExportSessionAsync("s1", Stream.Null))).Code.ShouldBe(ClientErrorCodes.Unreachable);
    }

    [Theory]
    [InlineData("not json\n")]
    [InlineData("{\"type\":\"of_a_later_version\"}\n")]
    [InlineData("null\n")]
    public async Task A_line_that_is_no_record_says_so(string line)
    {
        await using var server = await ServeAsync(response => response.WriteAsync(Lines[0] + line));
        var error = await Should.ThrowAsync<UnavailableException>(async () => await server.Client().ExportSessionAsync("s1").ToListAsync());
        error.Code.ShouldBe(ClientErrorCodes.MalformedAnswer);
    }

    [Fact]
    public async Task A_silent_export_is_given_up()
    {
        var time = new ManualTime();
        await using var server = await ServeAsync(async response =>
        {
            await response.WriteAsync(Lines[0]);
            await response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, response.HttpContext.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        await using var records = server.Client(options =>
        {
            options.TimeProvider = time;
            options.Timeout = TimeSpan.FromSeconds(7);
        }).ExportSessionAsync("s1").GetAsyncEnumerator();
        (await records.MoveNextAsync()).ShouldBeTrue();
        var second = records.MoveNextAsync();
        time.Advance(TimeSpan.FromSeconds(7));
        (await Should.ThrowAsync<UnavailableException>(async () => await second)).Message.ShouldContain("Nothing came for 00:00:07");
    }

    [Fact]
    public async Task An_export_to_a_stream_is_byte_for_byte_what_was_sent()
    {
        await using var server = await ServeAsync(response => response.WriteAsync(string.Concat(Lines)));
        using var copy = new MemoryStream();
        await server.Client().ExportSessionAsync("s1", copy);
        Encoding.UTF8.GetString(copy.ToArray()).ShouldBe(string.Concat(Lines));
    }

    [Fact]
    public async Task An_import_sends_a_line_for_each_record_as_it_is_read()
    {
        var received = new StringBuilder();
        var firstLine = new TaskCompletionSource();
        string? path = null, type = null, user = null;
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            (path, type, user) = (context.Request.Path + context.Request.QueryString, context.Request.ContentType, context.Request.Headers["X-User-ID"]);
            using var reader = new StreamReader(context.Request.Body);
            while (await reader.ReadLineAsync() is { } line)
            {
                received.Append(line).Append('\n');
                firstLine.TrySetResult();
            }

            await AnswerImportAsync(context.Response);
        });

        async IAsyncEnumerable<SessionRecord> Records()
        {
            yield return Header(2, epoch: 2);
            await firstLine.Task.WaitAsync(TimeSpan.FromSeconds(20));
            yield return Append(1);
            yield return Append(2);
            yield return Epoch(2);
        }

        var imported = await server.Client().ImportSessionAsync(Records(), sessionId: "copy|1");
        imported.ShouldBe(new ImportResponse("s1", "ada", 2, 2));
        (path, type, user).ShouldBe(("/sessions/import?session_id=copy%7C1", "application/x-ndjson", "ada"));
        var lines = received.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("type").GetString())
            .ShouldBe(["session", "append", "append", "epoch"]);
    }

    [Fact]
    public async Task Memories_are_exported_as_they_arrive()
    {
        string? path = null;
        var lines = string.Concat(Enumerable.Range(1, 3).Select(i => Json(Memory(i), GranaryJson.Default.MemoryRecord) + "\n"));
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            path = context.Request.Path + context.Request.QueryString;
            context.Response.ContentType = "application/x-ndjson";
            return context.Response.WriteAsync(lines);
        });
        (await server.Client().ExportMemoriesAsync([MemoryState.Active, MemoryState.Archived]).ToListAsync()).Select(memory => memory.Id).ShouldBe(["mem_1", "mem_2", "mem_3"]);
        path.ShouldBe("/memory/export?state=active,archived");
        using var copy = new MemoryStream();
        await server.Client().ExportMemoriesAsync(copy);
        Encoding.UTF8.GetString(copy.ToArray()).ShouldBe(lines);
        path.ShouldBe("/memory/export");
    }

    [Fact]
    public async Task Memories_are_imported_from_records_and_from_a_stream()
    {
        var received = new MemoryStream();
        string? path = null;
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            path = context.Request.Path;
            await context.Request.Body.CopyToAsync(received);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Json(new MemoryImportResponse("ada", 2, 1, 1, [new RefusedLine(3, "content: is required")]), GranaryJson.Default.MemoryImportResponse));
        });

        async IAsyncEnumerable<MemoryRecord> Memories()
        {
            await Task.Yield();
            yield return Memory(1);
            yield return Memory(2);
        }

        var imported = await server.Client().ImportMemoriesAsync(Memories());
        (imported.Added, imported.Duplicates, imported.Refused, imported.RefusedLines[0].Line).ShouldBe((2, 1, 1, 3));
        path.ShouldBe("/memory/import");
        Encoding.UTF8.GetString(received.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => System.Text.Json.JsonSerializer.Deserialize(line, GranaryJson.Default.MemoryRecord)!.Content).ShouldBe(["said 1", "said 2"]);
        received.SetLength(0);
        await server.Client().ImportMemoriesAsync(new MemoryStream("{}\n"u8.ToArray()));
        received.ToArray().ShouldBe("{}\n"u8.ToArray());
    }

    private static MemoryRecord Memory(int number) => new()
    {
        Id = $"mem_{number}", Kind = MemoryKind.Fact, AgentId = "default", Content = $"said {number}", CreatedAt = DateTimeOffset.UnixEpoch, UpdatedAt = DateTimeOffset.UnixEpoch,
    };

    [Fact]
    public async Task An_import_of_a_stream_sends_its_bytes_and_leaves_it_open()
    {
        var received = new MemoryStream();
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(received);
            await AnswerImportAsync(context.Response);
        });
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(string.Concat(Lines), 2_000)));
        using var source = new MemoryStream(bytes);
        await server.Client().ImportSessionAsync(source);
        received.ToArray().ShouldBe(bytes);
        source.CanRead.ShouldBeTrue();
    }

    [Fact]
    public async Task A_source_that_fails_ends_the_import_with_its_own_error()
    {
        var aborted = new TaskCompletionSource<bool>();
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            try
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                aborted.SetResult(false);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                aborted.SetResult(true);
            }
        });

        static async IAsyncEnumerable<SessionRecord> Records()
        {
            yield return Header(1);
            await Task.Yield();
            throw new FormatException("the file is broken");
        }

        (await Should.ThrowAsync<FormatException>(() => server.Client().ImportSessionAsync(Records()))).Message.ShouldBe("the file is broken");

        // The service must not take the half that it got for a whole.
        (await aborted.Task.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
    }

    [Fact]
    public async Task A_refusal_in_the_middle_of_an_import_reaches_the_caller()
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await reader.ReadLineAsync();
            using var problem = FakeService.Problem(409, ErrorCodes.AlreadyExists, "The session exists.");
            context.Response.StatusCode = 409;
            context.Response.ContentType = "application/problem+json";
            await context.Response.WriteAsync(await problem.Content.ReadAsStringAsync());
        });

        static async IAsyncEnumerable<SessionRecord> Records()
        {
            yield return Header(1);
            await Task.Yield();
            for (var i = 1; i < 200; i++)
                yield return new AppendRecord { Messages = [Message(i) with { Content = new string('x', 64 * 1024) }] };
        }

        (await Should.ThrowAsync<ConflictException>(() => server.Client().ImportSessionAsync(Records()))).Code.ShouldBe(ErrorCodes.AlreadyExists);
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_of_an_import_is_told_and_the_source_is_left()
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await reader.ReadLineAsync();
            context.Abort();
        });
        var left = false;
        async IAsyncEnumerable<SessionRecord> Endless()
        {
            try
            {
                yield return Header(1);
                for (var i = 1; ; i++)
                {
                    await Task.Delay(1);
                    yield return Append(i);
                }
            }
            finally
            {
                left = true;
            }
        }

        var error = await Should.ThrowAsync<UnavailableException>(() => server.Client().ImportSessionAsync(Endless()));
        error.Code.ShouldBe(ClientErrorCodes.Unreachable);
        left.ShouldBeTrue();
    }

    [Fact]
    public async Task An_import_that_could_not_begin_is_tried_again_and_one_that_stands_still_is_given_up()
    {
        await using var server = await LoopbackServer.StartAsync(context => AnswerImportAsync(context.Response));
        using var source = new MemoryStream("{}\n"u8.ToArray());
        var client = server.Client(options => options.BaseAddresses = [new("http://127.0.0.1:1"), server.Address]);
        (await client.ImportSessionAsync(source)).SessionId.ShouldBe("s1");

        var time = new ManualTime();
        var began = new TaskCompletionSource();
        var stuck = server.Client(options => options.TimeProvider = time);
        async IAsyncEnumerable<SessionRecord> Never([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return Header(1);
            began.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        await using var reader = await LoopbackServer.StartAsync(context => context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted));
        var import = reader.Client(options => options.TimeProvider = time).ImportSessionAsync(Never());
        await began.Task.WaitAsync(TimeSpan.FromSeconds(20));
        time.Advance(TimeSpan.FromSeconds(30));
        (await Should.ThrowAsync<UnavailableException>(() => import)).Code.ShouldBe(ClientErrorCodes.DeadlineExceeded);
    }

    private static Task<LoopbackServer> ServeAsync(Func<HttpResponse, Task> write) => LoopbackServer.StartAsync(async context =>
    {
        context.Request.Path.Value.ShouldBe("/sessions/s1/export");
        context.Response.ContentType = "application/x-ndjson";
        await write(context.Response);
    });

    private static Task AnswerImportAsync(HttpResponse response)
    {
        response.StatusCode = 201;
        response.ContentType = "application/json";
        return response.WriteAsync(Json(new ImportResponse("s1", "ada", 2, 2), GranaryJson.Default.ImportResponse));
    }
}
