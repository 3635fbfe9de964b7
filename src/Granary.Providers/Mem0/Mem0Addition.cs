using System.Runtime.InteropServices;

namespace Granary.Providers.Mem0;

/// <summary>A memory on its way to the service.</summary>
internal sealed class Mem0Addition
{
    /// <param name="mark">What the service has no place for.</param>
    /// <param name="draft">The memory, checked.</param>
    /// <param name="sendsAgentIds">Whether the agent is sent as <c>agent_id</c> too.</param>
    /// <exception cref="TooLargeException">The metadata leave no room for the mark, and cannot be kept without it.</exception>
    public Mem0Addition(Mem0Metadata mark, ProviderDraft draft, bool sendsAgentIds)
    {
        (Mark, Content, AgentId) = (mark, draft.Content, sendsAgentIds ? draft.AgentId : null);
        Metadata = mark.With(draft.Metadata);
        IsMarked = Metadata.Length <= MessageLimits.MaxMetadataBytes;
        if (IsMarked || draft.Metadata is not { } own)
        {
            return;
        }

        if (Mem0Metadata.Collides(own) || (draft.AgentId is { } agent && agent != Ids.DefaultAgent && !sendsAgentIds))
        {
            throw new TooLargeException("metadata", $"must leave {Metadata.Length - MessageLimits.MaxMetadataBytes} bytes more free: the memory provider keeps the agent with them");
        }

        Metadata = JsonMarshal.GetRawUtf8Value(own).ToArray();
    }

    /// <summary>What the service has no place for.</summary>
    public Mem0Metadata Mark { get; }

    /// <summary>The text.</summary>
    public string Content { get; }

    /// <summary>The agent as it is sent beside the metadata, or null.</summary>
    public string? AgentId { get; }

    /// <summary>The metadata as they are sent.</summary>
    public ReadOnlyMemory<byte> Metadata { get; }

    /// <summary>Whether the metadata hold the mark: the largest ones have no room for it.</summary>
    public bool IsMarked { get; }
}
