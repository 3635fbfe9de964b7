using System.Collections.Frozen;
using Granary.Llm.Rendering;
using Granary.Llm.Streaming;

namespace Granary.Llm.Providers;

/// <summary>The renderers and adapters of all dialects.</summary>
internal sealed class ChatDialects(TimeProvider time) : IChatDialects
{
    private readonly FrozenDictionary<ChatDialect, IChatRenderer> _renderers =
        Enum.GetValues<ChatDialect>().ToFrozenDictionary(dialect => dialect, dialect => ChatRenderers.For(dialect, time));

    public IChatRenderer Renderer(ChatDialect dialect) => _renderers[dialect];

    public ProtocolAdapter Adapter(ChatDialect dialect) => ProtocolAdapterFactory.Create(dialect, time);
}
