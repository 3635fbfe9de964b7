using Granary.Llm.Requests;

namespace Granary.Llm.Tests.Requests;

public sealed class SystemBlockTests
{
    [Fact]
    public void An_instruction_is_said_once_however_it_is_spaced_and_wherever_it_stands() =>
        SystemBlock.Instructions(
            "Be kind.  Be brief.",
            [.. new[] { " Be kind.\nBe brief. ", "Be brief.", "Answer in French.", "  " }.Select(text => new ModelMessage { Role = MessageRole.System, Content = text })],
            null).ShouldBe(["Be kind.  Be brief.", "Answer in French."]);

    [Fact]
    public async Task Any_number_of_system_messages_is_gone_through_in_one_pass()
    {
        var request = Enumerable.Range(0, 150_000).Select(i => new ModelMessage { Role = MessageRole.System, Content = $"Rule {i}." }).ToList();
        var all = await Task.Run(() => SystemBlock.Instructions(null, request, null)).WaitAsync(TimeSpan.FromSeconds(30));
        all.Count.ShouldBe(request.Count);
    }
}
