using Granary.Core.Recall;
using Granary.Core.Reflection;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Granary.Core.Users.Erasure;
using Granary.Core.Users.Records;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

/// <summary>What every user actor of a host shares.</summary>
/// <param name="Store">The partition store.</param>
/// <param name="Tokens">Counts tokens.</param>
/// <param name="Progress">Knows which sessions grew; null where only the store knows.</param>
/// <param name="Embedder">Makes vectors; null where there is none.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">The log.</param>
internal sealed record UserServices(
    IPartitionStore Store,
    ITokenCounter Tokens,
    SessionProgress? Progress,
    IEmbedder? Embedder,
    TimeProvider Time,
    ILogger<UserActor> Logger)
{
    /// <summary>What becomes of memory records as time goes by.</summary>
    public MemoryLifecycleOptions Lifecycle { get; init; } = new();

    /// <summary>How memory is made and found by vectors.</summary>
    public MemoryVectorOptions Vectors { get; init; } = new();

    /// <summary>How the rows of records are stored.</summary>
    internal RecordLimits RecordLimits { get; init; } = new();

    /// <summary>What is known is put together with; null where nothing is put together.</summary>
    public SynthesisServices? Synthesis { get; init; }

    /// <summary>Who else keeps something of users.</summary>
    public IReadOnlyList<IUserDataEraser> Erasers { get; init; } = [];
}
