namespace Granary.Llm.Models;

/// <summary>A value that was made of content in parts.</summary>
/// <typeparam name="T">The type.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Parts">How many parts the content had.</param>
/// <param name="Lost">The parts that gave no value: the value knows nothing of what stands in them.</param>
public sealed record LargeExtraction<T>(T Value, int Parts, IReadOnlyList<LostPart> Lost);

/// <summary>A part of large content that gave no value.</summary>
/// <param name="Number">Which part, from 1.</param>
/// <param name="Reason">Why.</param>
public sealed record LostPart(int Number, string Reason);
