namespace Granary.Core.Users.Records;

/// <summary>A patch with what takes time to find out about it, found out outside the gate.</summary>
/// <param name="patch">The patch, which keeps the rules.</param>
internal sealed class PreparedPatch(MemoryPatch patch)
{
    public MemoryPatch Patch { get; } = patch with { Metadata = patch.Metadata?.Clone() };

    /// <summary>The normal form of the new text, or null where the text stays.</summary>
    public string? Text { get; } = patch.Content is { } content ? ContentKey.Normalise(content) : null;
}
