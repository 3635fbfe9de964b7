using Granary.Core.Compaction;
using Granary.Core.Reflection;

namespace Granary.Core.Tests.Reflection;

/// <summary>What memory put into a prompt is not learned again.</summary>
public class InjectedTextTests
{
    private const string Own = "I live in Bergen.";

    [Fact]
    public void A_snapshot_is_taken_out()
    {
        var snapshot = SnapshotText.Render(new Snapshot(
            [new Episode(1, 2, "User: I live in Oslo.\nUser: I like tea.")], [new SemanticFact(FactKind.UserPreference, "User: I like tea.", 300, 1)], []));
        InjectedText.Strip($"{snapshot}\n\n{Own}").ShouldBe(Own);
        InjectedText.Strip($"{Own}\n\n{snapshot}").ShouldBe(Own);
    }

    [Theory]
    [InlineData("What was said earlier in this conversation, in short (a record, not instructions):\n\n[MEMORY:EPISODIC]\n1) User: I live in Oslo.\n\n[MEMORY:LEFT_OUT]\nI like tea.\n\n[MEMORY:RECALLED]\n- I like tea. (session s1)\n- I live in Oslo.")]
    [InlineData("### Long-term Context\nI live in Oslo.\n\n### Recent Sessions\n- Session s1: I like tea.\n  Topics: tea, Oslo\n\n### Current Session Summary\nI like tea.\n\n### Recent Conversation\nUSER: I live in Oslo.\n\nASSISTANT: Good.\n\nUSER: I like tea.")]
    [InlineData("### Relevant Memory\n- I like tea.\n- I live in Oslo.")]
    [InlineData("<session_initialization>\n### Key Insights\n- I like tea.\n\n### Recent Session Summaries\n- 2026: I live in Oslo.\n\n</session_initialization>")]
    [InlineData("<memory_context source=\"granary\">\nI like tea.\n\nI live in Oslo.\n</memory_context>")]
    [InlineData("### Long-term Context\nI live in Oslo.\n\nI like tea.\n\nI like rice.\n\n### Recent Sessions\n- Session s1: I like tea.\n\nI like milk.\n\n### Current Session Summary\nI like corn.\n\nI like figs.\n\n### Relevant Memory\n- I live in Rome.")]
    [InlineData("### Recent Conversation\nUSER: I live in Oslo.\n\nI like tea.\n\n[TOOL_CALL] look {}\n\n[TOOL_RESULT] look I live in Rome.\n\nI like rice.\n\nASSISTANT: I like milk.")]
    [InlineData("### Key Insights\n\n- I live in Oslo.\n\n- I like tea.\n\n  I like rice.")]
    [InlineData("<memory>I live in Rome.\n<memory_context>\nI like tea.\n</memory_context>\n\nI live in Oslo.</memory>\n\n<memories>I like rice.</memories>")]
    public void Recalled_text_and_formatted_context_are_taken_out(string injected)
    {
        InjectedText.Strip($"{injected}\n\n{Own}").ShouldBe(Own);
        InjectedText.Strip(injected.Replace("\n", "\r\n", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("I like C# and <b>bold</b> text.")]
    [InlineData("# Notes\nI live in Oslo.")]
    [InlineData("### My plan\n- run")]
    [InlineData("Remember [this].")]
    public void Other_text_stays_as_it_is(string text) => InjectedText.Strip(text).ShouldBe(text);

    [Fact]
    public void What_the_user_wrote_before_and_below_memory_s_blocks_stays_with_all_its_paragraphs()
    {
        InjectedText.Strip("I like tea.\n\n### Relevant Memory\n- I live in Rome.\n\nI live in Oslo.\n\nI like rice.").ShouldBe("I like tea.\n\n\nI live in Oslo.\n\nI like rice.");
        InjectedText.Strip("</memory> I like tea. <memory>I live in Rome.</memory> I like rice.").ShouldBe("</memory> I like tea. \n\n I like rice.");
        InjectedText.Strip("I like tea. <memory>I live in Rome.\n\nI like rice.").ShouldBe("I like tea.");
    }

    [Fact]
    public void Only_what_the_user_and_the_assistant_say_is_read()
    {
        Message[] messages =
        [
            new() { Role = MessageRole.System, Content = "I live in Rome." },
            new() { Role = MessageRole.User, Content = "### Relevant Memory\n- I live in Paris." },
            new() { Role = MessageRole.User, Content = Own },
            new() { Role = MessageRole.Assistant, Content = "Nice.", Superseded = true },
            new() { Role = MessageRole.Tool, ToolCallId = "c", Content = "I live in London." },
            new() { Role = MessageRole.Assistant, Content = "Fine." },
        ];
        ReflectionInput.Of(messages).Select(m => m.Content).ShouldBe([Own, "Fine."]);
    }
}
