using System.Text.Json;
using Granary.Serialization;

namespace Granary.Conformance.Memory;

/// <summary>What every host of the memory must do; the same facts, whatever runs the actors.</summary>
public abstract partial class MemoryConformance : IAsyncLifetime
{
    /// <summary>The memory under test.</summary>
    protected MemoryFixture Memory { get; private set; } = null!;

    /// <summary>Opens an empty memory.</summary>
    protected abstract Task<MemoryFixture> OpenAsync();

    /// <inheritdoc/>
    public async Task InitializeAsync() => Memory = await OpenAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Memory.DisposeAsync();

    private static Message User(string content) => new() { Role = MessageRole.User, Content = content };

    private static Message Assistant(string content) => new() { Role = MessageRole.Assistant, Content = content };

    private static Message Call(params string[] ids) => new()
    {
        Role = MessageRole.Assistant,
        ToolCalls = [.. ids.Select(id => new ToolCall(id, "lookup", JsonDocument.Parse("""{"q":1}""").RootElement))],
    };

    private static Message Result(string id, string content = "42") => new() { Role = MessageRole.Tool, ToolCallId = id, Content = content };

    private static AppendRequest Append(params Message[] messages) => new() { Messages = messages };

    private static AppendRequest Turn(int number, string? key = null) => new()
    {
        Messages = [User($"question {number}"), Assistant($"answer {number}")],
        IdempotencyKey = key,
    };

    private async Task AppendTurnsAsync(ISessionMemory session, int from, int to)
    {
        for (var turn = from; turn <= to; turn++)
        {
            await session.AppendAsync(Turn(turn));
        }
    }

    /// <summary>Returns when the calls made so far have reached the session, wherever it is: those of one caller arrive in their order.</summary>
    private static async Task ArrivedAsync(ISessionMemory session)
    {
        try
        {
            await session.GetInfoAsync();
        }
        catch (NotFoundException)
        {
        }
    }

    /// <summary>Waits until the session is in an epoch: compaction runs in the background.</summary>
    private static async Task UntilEpochAsync(ISessionMemory session, int epoch)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var seen = default(SessionChange);
        while (seen.Epoch < epoch)
        {
            seen = await session.WaitForChangeAsync(seen, Timeout.InfiniteTimeSpan, patience.Token);
        }
    }

    private static async Task<List<Message>> HistoryAsync(ISessionMemory session, int limit = 100)
    {
        var all = new List<Message>();
        long? next = 1;
        while (next is { } from)
        {
            var page = await session.GetMessagesAsync(from, limit);
            all.AddRange(page.Messages);
            next = page.Next;
        }

        return all;
    }

    private static string Json(Message message) => JsonSerializer.Serialize(message, GranaryJson.Default.Message);
}
