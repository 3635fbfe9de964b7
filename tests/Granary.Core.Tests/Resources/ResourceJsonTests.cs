using System.Text.Json;
using Granary.Core.Resources;
using Granary.Serialization;

namespace Granary.Core.Tests.Resources;

public class ResourceJsonTests
{
    [Fact]
    public void What_the_json_of_a_resource_leaves_out_has_its_documented_default()
    {
        var read = JsonSerializer.Deserialize(
            """{"name":"x","budget":{},"compaction":{},"eviction":{},"privacy":{},"retention":{}}""", GranaryJson.Default.MemoryResource)!;
        Text(read).ShouldBe(Text(new MemoryResource { Name = "x" }));
        Text(JsonSerializer.Deserialize("""{"name":"x"}""", GranaryJson.Default.MemoryResource)!).ShouldBe(Text(read));
        Should.NotThrow(() => ResourceValidator.Validate(read));
    }

    [Fact]
    public void Every_property_of_a_resource_comes_back_as_it_was()
    {
        var resource = Samples.Everything;
        var json = JsonSerializer.Serialize(resource, GranaryJson.Default.MemoryResource);
        Text(JsonSerializer.Deserialize(json, GranaryJson.Default.MemoryResource)!).ShouldBe(Text(resource));
        json.ShouldContain("\"safety_tokens\":0");
        json.ShouldContain("\"strategy\":\"token_aware_lru\"");
    }

    private static string Text(MemoryResource resource) => JsonSerializer.Serialize(resource, GranaryJson.Default.MemoryResource);
}
