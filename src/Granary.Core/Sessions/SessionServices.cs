using Granary.Core.Compaction;
using Granary.Core.Reflection;
using Granary.Core.Resources;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Sessions;

/// <summary>What every session actor of a host shares.</summary>
/// <param name="Store">The partition store.</param>
/// <param name="Resources">The memory resources.</param>
/// <param name="Tokens">Counts tokens.</param>
/// <param name="Summarizer">Folds; may be backed by a model.</param>
/// <param name="Fallback">Folds at once when the other one fails and the context would no longer fit.</param>
/// <param name="Users">Reaches the user actors.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">The log.</param>
/// <param name="Progress">Is told which sessions grew; null where nobody asks it.</param>
/// <param name="Reflection">Learns from sessions; null where nothing is to be learned.</param>
internal sealed record SessionServices(
    IPartitionStore Store,
    ResourceCatalog Resources,
    ITokenCounter Tokens,
    ISummarizer Summarizer,
    ISummarizer Fallback,
    IUserDirectory Users,
    TimeProvider Time,
    ILogger<SessionActor> Logger,
    SessionProgress? Progress = null,
    ReflectionServices? Reflection = null);
