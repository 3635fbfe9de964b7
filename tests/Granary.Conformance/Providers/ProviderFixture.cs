namespace Granary.Conformance.Providers;

/// <summary>A memory provider under test with an empty backend of its own, and what it promises beyond the contract.</summary>
public abstract class ProviderFixture : IAsyncDisposable
{
    /// <summary>The provider.</summary>
    public abstract IMemoryProvider Provider { get; }

    /// <summary>The provider that memories are said to come from.</summary>
    public virtual string Source => Provider.Name;

    /// <summary>Whether a draft may bring its id; otherwise one that does is refused.</summary>
    public virtual bool TakesIds => true;

    /// <summary>Whether what says exactly the same for the same user and agent is kept once, also by concurrent callers.</summary>
    public virtual bool KeepsOnce => true;

    /// <summary>Whether lists, erasures and health tell how many memories there are.</summary>
    public virtual bool Counts => true;

    /// <summary>Bytes of metadata that can be kept: less where what the provider adds must fit beside them.</summary>
    public virtual int MaxMetadataBytes => MessageLimits.MaxMetadataBytes;

    /// <summary>Texts from the provider's settings that may stand in no answer and no error.</summary>
    public virtual IReadOnlyList<string> Secrets => [];

    /// <summary>Lets the provider's clock go on, so that what is kept next is younger.</summary>
    public virtual Task TickAsync() => Task.CompletedTask;

    /// <summary>The same provider over a backend that does not work; null where there is none that could fail.</summary>
    public virtual Task<IMemoryProvider?> OpenBrokenAsync() => Task.FromResult<IMemoryProvider?>(null);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
