using Granary.Core.Privacy;

namespace Granary.Core.Resources;

/// <summary>A revision of a resource with what is made of it once.</summary>
internal sealed class ResolvedResource(MemoryResource resource, Redactor redactor)
{
    /// <summary>The resource.</summary>
    public MemoryResource Resource { get; } = resource;

    /// <summary>Applies its privacy policy.</summary>
    public Redactor Redactor { get; } = redactor;
}
