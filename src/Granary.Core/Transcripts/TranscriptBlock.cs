namespace Granary.Core.Transcripts;

/// <summary>
/// Messages that stay together. Its messages are those of its range, without the system messages among them: these are blocks of
/// their own, also when one stands between a call and its result.
/// </summary>
/// <param name="First">The index of its first message.</param>
/// <param name="Count">How many indices its range has.</param>
/// <param name="Tokens">Tokens of its messages.</param>
/// <param name="Open">Whether a tool call in it has no result.</param>
/// <param name="System">Whether it is a system message.</param>
internal sealed record TranscriptBlock(int First, int Count, int Tokens, bool Open, bool System)
{
    /// <summary>The index of its last message.</summary>
    public int Last => First + Count - 1;

    /// <summary>Whether the message at an index of its range belongs to it.</summary>
    public bool Holds(IReadOnlyList<TranscriptEntry> entries, int index) =>
        index >= First && index <= Last && (System || entries[index].Message.Role != MessageRole.System);
}
