using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

/// <summary>Any answer written in a dialect and read back in fragments of any size is the same answer, event by event.</summary>
public class RoundTripProperties
{
    private static readonly Gen<string> Texts =
        Gen.Elements("a", "Grüße ", "😀", "\n", "\r\n", "\"", "\\", "data: x\n\n", "\u2028", "\u0085", "<b>&'", "{", "\t\0", "漢字", "[DONE]").NonEmptyListOf().Select(string.Concat);

    // As arguments are written where a dialect has them as an object and not as text.
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Gen<int> Tokens = Gen.Choose(0, 5_000);

    public static TheoryData<ChatDialect> Dialects => [.. Enum.GetValues<ChatDialect>()];

    [Theory]
    [MemberData(nameof(Dialects))]
    public void What_is_written_is_read_back(ChatDialect dialect)
    {
        Prop.ForAll(Answers.ToArbitrary(), Gen.Choose(1, 40).ToArbitrary(), (answer, size) =>
        {
            var events = Canonical(dialect, answer);
            var bytes = Encoding.UTF8.GetBytes(Write(dialect, events));
            Normal(dialect, Read(dialect, bytes, size)).ShouldBe(Normal(dialect, events), $"{Encoding.UTF8.GetString(bytes)} in fragments of {size}");
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void An_answer_in_one_dialect_is_the_same_answer_in_every_other(ChatDialect target)
    {
        Prop.ForAll(Answers.ToArbitrary(), Gen.Elements(Enum.GetValues<ChatDialect>()).ToArbitrary(), (answer, source) =>
        {
            var events = Canonical(source, answer);
            var read = Read(source, Write(source, events));
            var again = Collect(Read(target, Write(target, read)));
            var expected = Collect(events);
            (again.Content, again.Finish == expected.Finish || target == ChatDialect.Ollama || source == ChatDialect.Ollama).ShouldBe((expected.Content, true));
            again.Reasoning.ShouldBe(expected.Reasoning);
            again.Error.ShouldBeNull();
            again.ToolCalls.Select(c => (c.Id, c.Name, c.Arguments.GetRawText())).ShouldBe(expected.ToolCalls.Select(c => (c.Id, c.Name, c.Arguments.GetRawText())));
            again.Usage!.InputTokens.ShouldBe(expected.Usage!.InputTokens);
            again.Usage.OutputTokens.ShouldBe(expected.Usage.OutputTokens);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void An_answer_that_breaks_off_is_an_error_to_the_client_after_what_came(ChatDialect dialect)
    {
        Prop.ForAll(Answers.ToArbitrary(), Texts.ToArbitrary(), (answer, message) =>
        {
            List<StreamEvent> events = [.. Canonical(dialect, answer).TakeWhile(e => e.Kind is not (StreamEventKind.Stop or StreamEventKind.Usage)), Error(message)];
            var again = Read(dialect, Write(dialect, events));
            again[^1].ShouldBe(Error(message));
            Collect(again).Content.ShouldBe(Collect(events).Content);
        }).QuickCheckThrowOnFailure();
    }

    private static Gen<Answer> Answers =>
        from pieces in Gen.Frequency(
            (3, Texts.Select(t => new Piece(t, IsReasoning: false, null))),
            (1, Texts.Select(t => new Piece(t, IsReasoning: true, null))),
            (2, Calls.Select(c => new Piece("", false, c)))).ListOf()
        from input in Tokens
        from cached in Gen.Choose(0, input)
        from output in Tokens
        from reasoning in Gen.Choose(0, output)
        from finish in Gen.Elements(ChatFinish.Stop, ChatFinish.Length, ChatFinish.ContentFilter)
        select new Answer(pieces, new ChatUsage(input, output, cached, 0, reasoning), finish);

    private static Gen<Call> Calls =>
        from id in Gen.Choose(0, int.MaxValue)
        from name in Gen.Elements("get", "get_weather", "x-1")
        from value in Texts
        from cuts in Gen.Choose(0, 40).ListOf()
        select new Call($"call_{id}", name, JsonSerializer.Serialize(new { value, n = 1.50m }, Relaxed), [.. cuts.Order()]);

    /// <summary>The events in the order in which the dialect tells them.</summary>
    private static List<StreamEvent> Canonical(ChatDialect dialect, Answer answer)
    {
        var events = new List<StreamEvent> { Start("id-1", "model-1") };
        var atEnd = new List<StreamEvent>();
        var index = 0;
        foreach (var piece in answer.Pieces)
        {
            if (piece.Call is not { } call)
            {
                events.Add(piece.IsReasoning ? Reasoning(piece.Text) : Content(piece.Text));
                continue;
            }

            events.Add(CallStart(index, call.Id, call.Name));
            var inPieces = dialect is not (ChatDialect.Gemini or ChatDialect.Ollama);
            events.AddRange(Cut(call.Arguments, inPieces ? call.Cuts : []).Select(p => CallDelta(index, p)));
            var complete = CallComplete(index++, call.Id, call.Name, call.Arguments);
            (dialect is ChatDialect.OpenAIChat or ChatDialect.Mistral ? atEnd : events).Add(complete);
        }

        var finish = index > 0 ? ChatFinish.ToolCalls : dialect == ChatDialect.Ollama && answer.Finish == ChatFinish.ContentFilter ? ChatFinish.Stop : answer.Finish;
        var usage = new StreamEvent(StreamEventKind.Usage, Usage: answer.Usage with
        {
            CachedInputTokens = dialect == ChatDialect.Ollama ? 0 : answer.Usage.CachedInputTokens,
            ReasoningTokens = dialect is ChatDialect.Ollama or ChatDialect.Anthropic ? 0 : answer.Usage.ReasoningTokens,
        });
        events.AddRange(dialect is ChatDialect.OpenAIChat or ChatDialect.Mistral ? [.. atEnd, Stop(finish), usage, Done] : [usage, Stop(finish), Done]);
        return events;
    }

    /// <summary>Without what a dialect cannot carry: Ollama's answers have no id, Anthropic's start always has usage.</summary>
    private static List<StreamEvent> Normal(ChatDialect dialect, IEnumerable<StreamEvent> events) =>
        [.. events.Select(e => e.Kind == StreamEventKind.Start ? e with { Usage = null, Id = dialect == ChatDialect.Ollama ? "id-1" : e.Id } : e)];

    private static IEnumerable<string> Cut(string text, IReadOnlyList<int> cuts)
    {
        var from = 0;
        foreach (var cut in cuts.Append(text.Length))
        {
            var to = Math.Clamp(cut, from, text.Length);
            to -= to > from && char.IsHighSurrogate(text[to - 1]) ? 1 : 0;
            if (to > from)
            {
                yield return text[from..to];
                from = to;
            }
        }
    }

    private sealed record Answer(IReadOnlyList<Piece> Pieces, ChatUsage Usage, ChatFinish Finish);

    private sealed record Piece(string Text, bool IsReasoning, Call? Call);

    private sealed record Call(string Id, string Name, string Arguments, IReadOnlyList<int> Cuts);
}
