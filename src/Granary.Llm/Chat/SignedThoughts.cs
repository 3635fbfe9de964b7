namespace Granary.Llm;

/// <summary>
/// What a provider signed of its reasoning in an answer that calls tools, and wants back with the results of the tools: Anthropic's blocks of thinking,
/// Gemini's signatures of thoughts. Opaque, and of no use to any other provider. See https://platform.claude.com/docs/en/build-with-claude/extended-thinking
/// and https://ai.google.dev/gemini-api/docs/thought-signatures.
/// </summary>
/// <param name="Dialect">The dialect of the provider that signed.</param>
/// <param name="Parts">What it signed, in the order of the answer.</param>
/// <param name="CallId">The id of the answer's first tool call, by which the answer is found in a conversation; null as long as it is in none.</param>
public sealed record SignedThoughts(ChatDialect Dialect, IReadOnlyList<SignedPart> Parts, string? CallId = null);

/// <summary>A signed part of an answer and its place there.</summary>
/// <param name="Json">The part as the provider wrote it; of one that is in the answer anyway, what is signed about it.</param>
/// <param name="TextBefore">Characters (UTF-16) of the answer's text before it.</param>
/// <param name="CallsBefore">Tool calls of the answer before it.</param>
public sealed record SignedPart(string Json, int TextBefore, int CallsBefore);
