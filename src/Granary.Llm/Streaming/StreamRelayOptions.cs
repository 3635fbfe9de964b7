namespace Granary.Llm.Streaming;

/// <summary>What <see cref="UnifiedStreamAdapter"/> passes on besides text and reasoning.</summary>
/// <param name="RelayToolUseEvents">
/// Tool calls piece by piece as they come. The chunk at their end then has only the finish reason: a client that joins pieces would else have them twice.
/// </param>
/// <param name="RelayUsageEvents">Usage as often as the source reports it; else only once, at the end of an answer that calls tools.</param>
/// <param name="EmitFunctionAnnouncements">An event <c>function_call</c> with name and arguments for each whole tool call, before the chunk that ends them.</param>
public sealed record StreamRelayOptions(bool RelayToolUseEvents = false, bool RelayUsageEvents = false, bool EmitFunctionAnnouncements = true);
