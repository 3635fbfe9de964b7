using Granary.Llm.Rendering;
using Granary.Llm.Streaming;

namespace Granary.Llm.Providers;

/// <summary>What writes and reads each dialect.</summary>
internal interface IChatDialects
{
    /// <summary>Writes and reads whole requests and answers.</summary>
    IChatRenderer Renderer(ChatDialect dialect);

    /// <summary>Reads one answer that comes in pieces.</summary>
    ProtocolAdapter Adapter(ChatDialect dialect);
}
