using System.Collections.Frozen;

namespace Granary.Core.Resources;

/// <summary>The resources of the configuration: the same for all tenants, revision 1, not to be changed by API.</summary>
internal sealed class ConfiguredResources
{
    private readonly FrozenDictionary<string, MemoryResource> _byName;

    /// <summary>Takes the configuration.</summary>
    /// <param name="configured">Resources of different names; one of the default's name takes its place.</param>
    /// <param name="defaultResource">The resource of sessions that name none.</param>
    /// <exception cref="InvalidRequestException">One breaks a rule; the field is named as in <c>resources[0].compaction.turn_buffer</c>.</exception>
    public ConfiguredResources(IReadOnlyList<MemoryResource> configured, MemoryResource defaultResource)
    {
        ArgumentNullException.ThrowIfNull(configured);
        ArgumentNullException.ThrowIfNull(defaultResource);
        ResourceValidator.Validate(defaultResource, "default_resource.");
        var byName = new Dictionary<string, MemoryResource>(StringComparer.Ordinal);
        for (var i = 0; i < configured.Count; i++)
        {
            ResourceValidator.Validate(configured[i], $"resources[{i}].");
            if (!byName.TryAdd(configured[i].Name, configured[i] with { Revision = 1 }))
                throw new InvalidRequestException($"resources[{i}].name", "comes twice");
        }

        byName.TryAdd(defaultResource.Name, defaultResource with { Revision = 1 });
        _byName = byName.ToFrozenDictionary(StringComparer.Ordinal);
        Default = _byName[defaultResource.Name];
    }

    /// <summary>The resource of sessions that name none.</summary>
    public MemoryResource Default { get; }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<MemoryResource> All => _byName.Values;

    /// <summary>The resource of a name, or null.</summary>
    public MemoryResource? Find(string name) => _byName.GetValueOrDefault(name);
}
