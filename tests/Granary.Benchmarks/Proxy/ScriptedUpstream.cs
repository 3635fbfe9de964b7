using System.Text;

namespace Granary.Benchmarks.Proxy;

/// <summary>A provider of OpenAI's chats that says the same to everybody; the model's name tells how.</summary>
internal static class ScriptedUpstream
{
    /// <summary>Answers at once: whole, or a stream of <see cref="Chunks"/> pieces, each flushed.</summary>
    public const string Prompt = "gpt-prompt";

    /// <summary>Streams the first piece, waits a moment and ends.</summary>
    public const string FirstToken = "gpt-first";

    /// <summary>Streams a few pieces and then nothing, until the caller goes.</summary>
    public const string Hold = "gpt-hold";

    /// <summary>Pieces of text in a stream.</summary>
    public const int Chunks = 50;

    /// <summary>Pieces of a stream that is held.</summary>
    public const int HeldChunks = 5;

    private const string Head = "\"id\":\"chatcmpl-9lMgfRSWPHcw51s6wxKT1YEO2CKpd\",\"created\":1721075653,\"model\":\"gpt-4o-2024-08-06\"";

    private static readonly byte[] Whole = Encoding.UTF8.GetBytes(
        $$$"""
        {{{{Head}}},"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Done. The meeting with the Lisbon office is on Thursday at 14:30 now; I told Maria and Tom and moved the room.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1250,"completion_tokens":28,"total_tokens":1278},"system_fingerprint":"fp_55d88aaf2f"}
        """);

    private static readonly byte[] Opening = Frame("""{"role":"assistant","content":""}""", "null");
    private static readonly byte[] Piece = Frame("""{"content":" Thursday"}""", "null");
    private static readonly byte[] Closing = [.. Frame("{}", "\"stop\""), .. "data: [DONE]\n\n"u8];

    public static Task<WebApplication> StartAsync() => WebHosts.StartAsync(app => app.MapPost("/v1/chat/completions", AnswerAsync));

    private static byte[] Frame(string delta, string finish) => Encoding.UTF8.GetBytes(
        $$"""data: {{{Head}},"object":"chat.completion.chunk","choices":[{"index":0,"delta":{{delta}},"logprobs":null,"finish_reason":{{finish}}}]}""" + "\n\n");

    private static async Task AnswerAsync(HttpContext http)
    {
        var (model, stream) = await ReadAsync(http);
        if (!stream)
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = Whole.Length;
            await http.Response.BodyWriter.WriteAsync(Whole);
            return;
        }

        http.Response.ContentType = "text/event-stream; charset=utf-8";
        var writer = http.Response.BodyWriter;
        await writer.WriteAsync(Opening);
        var pieces = model switch { Hold => HeldChunks, FirstToken => 1, _ => Chunks };
        for (var piece = 0; piece < pieces; piece++)
        {
            await writer.WriteAsync(Piece);
        }

        switch (model)
        {
            case Hold:
                var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using (http.RequestAborted.Register(() => gone.TrySetResult()))
                {
                    await gone.Task;
                }

                return;
            case FirstToken:
                await Task.Delay(2);
                break;
        }

        await writer.WriteAsync(Closing);
    }

    private static async Task<(string Model, bool Stream)> ReadAsync(HttpContext http)
    {
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync();
            if (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            var text = Encoding.UTF8.GetString(read.Buffer);
            reader.AdvanceTo(read.Buffer.End);
            var model = text.Contains(Hold, StringComparison.Ordinal) ? Hold : text.Contains(FirstToken, StringComparison.Ordinal) ? FirstToken : Prompt;
            return (model, text.Contains("\"stream\":true", StringComparison.Ordinal));
        }
    }
}
