using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;

namespace Granary.Orleans.Serialization;

/// <summary>Lets contracts pass through a cluster although they carry no attributes of Orleans.</summary>
internal static class ContractSerialization
{
    public static IServiceCollection AddGranaryContracts(this IServiceCollection services)
    {
        // Copiers are asked in the order of their registration: this one before the JSON one, which would write and read each contract.
        services.AddSingleton<IGeneralizedCopier, ContractCopier>();
        return services.AddSerializer(serializer => serializer.AddJsonSerializer(
            ContractTypes.Contains,
            isCopyable: null,
            options => options.Configure(json => json.SerializerOptions = ContractJson.Options)));
    }
}
