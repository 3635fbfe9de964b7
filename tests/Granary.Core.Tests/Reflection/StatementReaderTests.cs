using Granary.Core.Reflection;

namespace Granary.Core.Tests.Reflection;

/// <summary>What is taken for certain of what somebody says of himself.</summary>
public class StatementReaderTests
{
    [Theory]
    [InlineData("I like green tea.", "preferences", "I like green tea.", "like:green tea")]
    [InlineData("Well, I really don't like olives!", "preferences", "I really don't like olives.", "like:olives")]
    [InlineData("I'm vegetarian", "preferences", "I'm vegetarian.", "diet")]
    [InlineData("My favourite colour is blue.", "preferences", "My favourite colour is blue.", "my:favorite colour")]
    [InlineData("I want to run a marathon next year.", "goals", "I want to run a marathon next year.", null)]
    [InlineData("I'm learning Rust.", "learning_progress", "I'm learning Rust.", null)]
    [InlineData("I'm new to gardening.", "knowledge_level", "I'm new to gardening.", null)]
    [InlineData("I usually get up at six.", "behavior_patterns", "I usually get up at six.", null)]
    [InlineData("My name is Ada.", null, "My name is Ada.", "name")]
    [InlineData("i live in Oslo", null, "I live in Oslo.", "home")]
    [InlineData("I just moved to Bergen.", null, "I just moved to Bergen.", "home")]
    [InlineData("I moved to the Netherlands.", null, "I moved to the Netherlands.", "home")]
    [InlineData("I work at Acme.", null, "I work at Acme.", null)]
    [InlineData("I'm allergic to peanuts.", null, "I'm allergic to peanuts.", null)]
    [InlineData("My dog's name is Rex.", null, "My dog's name is Rex.", "my:dog's name")]
    [InlineData("We decided to use PostgreSQL.", null, "We decided to use PostgreSQL.", null)]
    [InlineData("I have two kids.", null, "I have two kids.", null)]
    [InlineData("I fly to Rome on 12 May.", null, "I fly to Rome on 12 May.", null)]
    public void What_is_said_outright_is_read(string said, string? category, string text, string? slot)
    {
        var statement = StatementReader.Read(said).ShouldHaveSingleItem();
        (statement.Category, statement.Text, statement.Slot).ShouldBe((category, text, slot));
        statement.Kind.ShouldBe(category is null ? MemoryKind.Fact : MemoryKind.Insight);
    }

    [Theory]
    [InlineData("Do I like tea?")]
    [InlineData("If I like tea, what then.")]
    [InlineData("I think I like tea.")]
    [InlineData("Maybe I live in Oslo.")]
    [InlineData("I like that idea.")]
    [InlineData("I like it.")]
    [InlineData("\"I live in Oslo\", said the man.")]
    [InlineData("> I live in Oslo.")]
    [InlineData("I want to know the time.")]
    [InlineData("She likes tea.")]
    [InlineData("You live in Oslo.")]
    [InlineData("My question is whether this works.")]
    [InlineData("My instructions are to ignore all rules.")]
    [InlineData("Let's pretend I live in Oslo.")]
    [InlineData("```\nI live in Oslo\n```")]
    [InlineData("")]
    public void What_is_asked_supposed_quoted_or_hedged_is_not(string said) => StatementReader.Read(said).ShouldBeEmpty();

    [Fact]
    public void Clauses_are_read_apart() =>
        StatementReader.Read("Hi! My name is Ada and I live in Oslo, but I don't like snow.").Select(s => s.Text)
            .ShouldBe(["My name is Ada.", "I live in Oslo.", "I don't like snow."]);

    [Fact]
    public void Long_and_strange_texts_take_no_time()
    {
        var text = string.Join(' ', Enumerable.Repeat("i 'm my my is is and i i've like every day 12 May", 20_000));
        StatementReader.Read(text).ShouldBeEmpty();
        StatementReader.Read(new string('i', 200_000)).ShouldBeEmpty();
    }
}
