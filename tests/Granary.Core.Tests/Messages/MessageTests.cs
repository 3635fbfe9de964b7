using System.Text.Json;
using Granary.Serialization;

namespace Granary.Core.Tests.Messages;

public class MessageTests
{
    [Fact]
    public void Messages_that_say_the_same_are_equal_however_they_came_to_be()
    {
        var plain = new Message { Role = MessageRole.User, Content = "hi" };
        (plain with { Name = "Ann", Reasoning = "because", ToolCallId = "c" } with { Name = null, Reasoning = null, ToolCallId = null }).ShouldBe(plain);
        (plain with { Name = "Ann" } with { Name = null }).GetHashCode().ShouldBe(plain.GetHashCode());
        JsonSerializer.Deserialize("""{"role":"user","content":"hi","name":null}""", GranaryJson.Default.Message).ShouldBe(plain);
        (plain with { Name = "Ann" }).ShouldNotBe(plain);
        (plain with { Name = "Ann", ToolError = "e" } with { ToolError = null }).ShouldBe(plain with { Name = "Ann" });
    }
}
