using System.Text.Json;

namespace Granary.Sample.Replay.Conversations;

/// <summary>A conversation of two speakers over several sessions, as a file has it.</summary>
internal sealed record Conversation(string Id, IReadOnlyList<string> Speakers, IReadOnlyList<ConversationSession> Sessions);

/// <summary>One sitting.</summary>
/// <param name="N">Its number, from 1.</param>
/// <param name="DateTime">When it was, for example <c>1:56 pm on 8 May, 2023</c>.</param>
/// <param name="Turns">What was said, in order.</param>
internal sealed record ConversationSession(int N, string DateTime, IReadOnlyList<Utterance> Turns);

/// <summary>What a speaker said at once.</summary>
/// <param name="Id">Its id in the conversation.</param>
/// <param name="Speaker">Who said it.</param>
/// <param name="Text">The words.</param>
/// <param name="ImageCaption">What a picture shows that came with it.</param>
/// <param name="ToolCalls">Tools that the speaker called before saying it.</param>
internal sealed record Utterance(string Id, string Speaker, string Text, string? ImageCaption = null, IReadOnlyList<UtteranceToolCall>? ToolCalls = null);

/// <summary>A call of a tool, and what came of it.</summary>
internal sealed record UtteranceToolCall(string Id, string Name, JsonElement Arguments, JsonElement Result, string? Error = null);
