namespace Granary.Orleans.Serialization;

/// <summary>Which types pass between silos as contracts: those of the contracts' assembly, and nothing else.</summary>
internal static class ContractTypes
{
    /// <summary>Whether a type is a contract. Its errors have converters of their own.</summary>
    public static bool Contains(Type type) => type.Assembly == typeof(IMemoryCluster).Assembly && !typeof(Exception).IsAssignableFrom(type);
}
