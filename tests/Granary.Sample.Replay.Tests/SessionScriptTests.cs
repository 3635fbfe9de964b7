using System.Text.Json;
using Granary.Sample.Replay.Conversations;

namespace Granary.Sample.Replay.Tests;

public sealed class SessionScriptTests
{
    [Fact]
    public void Each_pair_of_speakers_is_a_user_and_each_session_a_session()
    {
        var scripts = SessionScript.Of(Conversation(Session(1, Said("D1:1", "Ann", "Hi")), Session(2, Said("D2:1", "Ann", "Hi again"))));
        scripts.Select(script => (script.UserId, script.SessionId)).ShouldBe([("Ann+Bob", "conv-1:1"), ("Ann+Bob", "conv-1:2")]);
    }

    [Fact]
    public void A_turn_is_what_the_first_speaker_says_and_all_that_follows()
    {
        var script = Only(
            Said("D1:1", "Bob", "Hello?"),
            Said("D1:2", "Ann", "One."),
            Said("D1:3", "Ann", "And more."),
            Said("D1:4", "Bob", "Two."),
            Said("D1:5", "Bob", "Three."),
            Said("D1:6", "Ann", "Four."));
        script.Appends.Select(turn => string.Join(' ', turn.Messages.Select(message => $"{message.Role}:{message.Content}")))
            .ShouldBe(["Assistant:Hello?", "User:One. User:And more. Assistant:Two. Assistant:Three.", "User:Four."]);
    }

    [Fact]
    public void Keys_are_made_of_conversation_session_and_turn_so_that_a_second_run_has_the_same()
    {
        var script = Only(Said("D1:1", "Ann", "One."), Said("D1:2", "Bob", "Two."), Said("D1:3", "Ann", "Three."));
        script.Appends.Select(turn => turn.IdempotencyKey).ShouldBe(["conv-1:1:D1:1", "conv-1:1:D1:3"]);
    }

    [Fact]
    public void A_message_has_speaker_time_and_the_picture_in_words()
    {
        var message = Only(new Utterance("D1:1", "Ann", "Look!", "a red kite")).Appends.ShouldHaveSingleItem().Messages.ShouldHaveSingleItem();
        (message.Name, message.Content, message.Timestamp).ShouldBe(
            ("Ann", "Look! [image: a red kite]", new DateTimeOffset(2023, 5, 8, 13, 56, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void Tool_calls_become_a_call_its_results_and_the_answer()
    {
        var arguments = JsonDocument.Parse("{\"q\":1}").RootElement;
        var script = Only(
            Said("D1:1", "Ann", "Find it."),
            new Utterance("D1:2", "Bob", "Found.", ToolCalls:
            [
                new UtteranceToolCall("c1", "find", arguments, JsonDocument.Parse("\"\"").RootElement, "timeout"),
                new UtteranceToolCall("c2", "find", arguments, JsonDocument.Parse("{\"n\":2}").RootElement),
            ]));
        var messages = script.Appends.ShouldHaveSingleItem().Messages;
        messages.Select(message => message.Role).ShouldBe([MessageRole.User, MessageRole.Assistant, MessageRole.Tool, MessageRole.Tool, MessageRole.Assistant]);
        messages[1].ToolCalls!.Select(call => call.Id).ShouldBe(["c1", "c2"]);
        (messages[2].ToolCallId, messages[2].Content, messages[2].ToolError).ShouldBe(("c1", "", "timeout"));
        (messages[3].ToolCallId, messages[3].Content, messages[3].ToolError).ShouldBe(("c2", "{\"n\":2}", null));
    }

    [Fact]
    public void Names_outside_the_grammar_of_ids_become_ids()
    {
        var conversation = new Conversation("a/b c", ["Zoë", "Bob Ü."], [Session(1, Said("x y", "Zoë", "Hi"))]);
        var script = SessionScript.Of(conversation).ShouldHaveSingleItem();
        (script.UserId, script.SessionId, script.Appends[0].IdempotencyKey).ShouldBe(("Zo-+Bob--.", "a-b-c:1", "a-b-c:1:x-y"));
    }

    [Theory]
    [InlineData("1:56 pm on 8 May, 2023", "2023-05-08T13:56:00Z")]
    [InlineData("12:09 am on 13 September, 2023", "2023-09-13T00:09:00Z")]
    public void Times_are_read(string text, string expected) =>
        SessionScript.ParseTime(text).ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void A_time_that_is_none_is_named() =>
        Should.Throw<ConversationFileException>(() => SessionScript.ParseTime("yesterday")).Message.ShouldContain("'yesterday'");

    [Theory]
    [InlineData("bakery", 4, 100)]
    [InlineData("advisor", 3, 34)]
    public async Task The_shipped_conversations_are_whole(string name, int sessions, int utterances)
    {
        var path = name == "bakery" ? ConversationFile.Bakery : ConversationFile.Advisor;
        var conversation = (await ConversationFile.ReadAsync(path, CancellationToken.None)).ShouldHaveSingleItem();
        conversation.Id.ShouldBe(name);
        conversation.Sessions.Count.ShouldBe(sessions);
        conversation.Sessions.Sum(session => session.Turns.Count).ShouldBe(utterances);
        var ids = conversation.Sessions.SelectMany(session => session.Turns).SelectMany(turn => turn.ToolCalls ?? []).Select(call => call.Id).ToList();
        ids.Count.ShouldBe(ids.Distinct().Count());
        SessionScript.Of(conversation).Count.ShouldBe(sessions);
    }

    [Theory]
    [InlineData("[]", "has no conversation")]
    [InlineData("{", "is not a list of")]
    [InlineData("[{\"id\":\"a\"}]", "is not a list of")]
    [InlineData("[null]", "is not a list of")]
    public async Task A_file_that_is_none_says_what_is_wrong(string content, string message)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, content);
            (await Should.ThrowAsync<ConversationFileException>(() => ConversationFile.ReadAsync(path, CancellationToken.None))).Message.ShouldContain(message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_file_that_is_missing_says_so() =>
        (await Should.ThrowAsync<ConversationFileException>(() => ConversationFile.ReadAsync("/no/such/file.json", CancellationToken.None)))
            .Message.ShouldContain("/no/such/file.json cannot be read");

    [Fact]
    public void Percentiles_are_by_nearest_rank()
    {
        double[] sorted = [.. Enumerable.Range(1, 100).Select(value => (double)value)];
        (Console.Latencies.Percentile(sorted, 0.5), Console.Latencies.Percentile(sorted, 0.99), Console.Latencies.Percentile([7], 0.5)).ShouldBe((50, 99, 7));
    }

    private static SessionScript Only(params Utterance[] said) => SessionScript.Of(Conversation(Session(1, said))).ShouldHaveSingleItem();

    private static Conversation Conversation(params ConversationSession[] sessions) => new("conv-1", ["Ann", "Bob"], sessions);

    private static ConversationSession Session(int n, params Utterance[] said) => new(n, "1:56 pm on 8 May, 2023", said);

    private static Utterance Said(string id, string speaker, string text) => new(id, speaker, text);
}
