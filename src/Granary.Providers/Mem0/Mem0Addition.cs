namespace Granary.Providers.Mem0;

/// <summary>A memory on its way to the service.</summary>
/// <param name="Mark">What the service has no place for.</param>
/// <param name="Draft">The memory, checked.</param>
/// <param name="AgentId">The agent as it is sent beside the metadata, or null.</param>
internal sealed record Mem0Addition(Mem0Metadata Mark, ProviderDraft Draft, string? AgentId);
