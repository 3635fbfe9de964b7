using System.Text.Json;
using Granary.Core.Transcripts;

namespace Granary.Core.Tests.Transcripts;

/// <summary>Builds a transcript as a session would: sequences from 1, turns counted by user messages.</summary>
internal sealed class TestTranscript
{
    private readonly List<TranscriptEntry> entries = [];
    private int turn;

    public IReadOnlyList<TranscriptEntry> Entries => entries;

    public TranscriptSize Size(int snapshotTokens = 0) => TranscriptSize.Of(entries, snapshotTokens);

    public TestTranscript System(string text = "You help.", int tokens = 10) => Add(new() { Role = MessageRole.System, Content = text }, tokens);

    public TestTranscript User(string text = "And then?", int tokens = 10, long access = 0, string? name = null)
    {
        turn++;
        return Add(new() { Role = MessageRole.User, Content = text, Name = name }, tokens, access);
    }

    public TestTranscript Assistant(string text = "Then this.", int tokens = 10, long access = 0) =>
        Add(new() { Role = MessageRole.Assistant, Content = text }, tokens, access);

    public TestTranscript Call(params string[] ids) => Add(
        new() { Role = MessageRole.Assistant, ToolCalls = [.. ids.Select(id => new ToolCall(id, "look_up", JsonSerializer.SerializeToElement(new { id })))] }, 10);

    public TestTranscript Result(string id, string text = "found", string? error = null, int tokens = 10) =>
        Add(new() { Role = MessageRole.Tool, Content = text, ToolCallId = id, ToolError = error }, tokens);

    public TestTranscript Turns(int count, int tokens = 10)
    {
        for (var index = 0; index < count; index++)
        {
            User($"Question {turn + 1}?", tokens).Assistant($"Answer {turn}.", tokens);
        }

        return this;
    }

    public TestTranscript Add(Message message, int tokens, long access = 0)
    {
        var sequence = entries.Count + 1;
        entries.Add(new(message with { Sequence = sequence, Turn = turn, Id = $"msg_{sequence}" }, tokens, sequence, access));
        return this;
    }
}
