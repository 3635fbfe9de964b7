using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Serialization;
using Granary.Wire;

namespace Granary.Core.Tests.Serialization;

/// <summary>Generated readers set every init-only property, those that the JSON leaves out to null or 0: a default written as an initializer is lost.</summary>
public class WireDefaultsTests
{
    public static TheoryData<Type> Requests() =>
        [.. typeof(StartSessionRequest).Assembly.GetTypes().Where(t => t.Namespace == "Granary.Wire" && t.Name.EndsWith("Request", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_that_leaves_everything_out_is_a_new_one(Type type)
    {
        JsonTypeInfo info = GranaryJson.Default.GetTypeInfo(type).ShouldNotBeNull();
        var read = JsonSerializer.Deserialize("{}", info);
        JsonSerializer.Serialize(read, info).ShouldBe(JsonSerializer.Serialize(Activator.CreateInstance(type), info));
    }
}
