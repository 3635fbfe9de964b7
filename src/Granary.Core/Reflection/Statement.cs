namespace Granary.Core.Reflection;

/// <summary>What a sentence says for certain about who says it.</summary>
/// <param name="Kind">An insight or a fact.</param>
/// <param name="Category">The category of an insight.</param>
/// <param name="Importance">How much it matters.</param>
/// <param name="Text">The clause, as it was said.</param>
/// <param name="Slot">What it tells, where there can be only one answer: <c>home</c>, <c>my:favorite color</c>, <c>like:tea</c>; otherwise null.</param>
/// <param name="Value">The answer, for comparison.</param>
internal sealed record Statement(MemoryKind Kind, string? Category, MemoryImportance Importance, string Text, string? Slot, string Value);
