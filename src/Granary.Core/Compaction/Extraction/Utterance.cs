namespace Granary.Core.Compaction.Extraction;

/// <summary>What one speaker said at once.</summary>
/// <param name="Speaker">The speaker as the summary names it; empty for prose that no one speaks.</param>
/// <param name="Kind">Whose words they are.</param>
/// <param name="Text">The words.</param>
/// <param name="Sequence">The message.</param>
/// <param name="Failed">Of a tool's result: whether the tool failed.</param>
internal sealed record Utterance(string Speaker, UtteranceKind Kind, string Text, long Sequence, bool Failed = false);

/// <summary>Whose words an utterance is.</summary>
internal enum UtteranceKind
{
    /// <summary>A user's, or those of anyone with a name.</summary>
    Person,

    /// <summary>The model's.</summary>
    Assistant,

    /// <summary>A tool's result in short.</summary>
    Tool,

    /// <summary>Text that was a summary already.</summary>
    Prose,
}
