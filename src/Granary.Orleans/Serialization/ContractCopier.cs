using System.Diagnostics.CodeAnalysis;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;

namespace Granary.Orleans.Serialization;

/// <summary>Passes contracts on as they are: they are immutable, so a call within a silo need not copy them.</summary>
internal sealed class ContractCopier : IGeneralizedCopier
{
    public bool IsSupportedType(Type type) => ContractTypes.Contains(type);

    [return: NotNullIfNotNull(nameof(input))]
    public object? DeepCopy(object? input, CopyContext context) => input;
}
