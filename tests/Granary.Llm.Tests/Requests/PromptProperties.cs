using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Granary.Llm.Requests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Tests.Requests;

/// <summary>Random sessions, requests and budgets.</summary>
public class PromptProperties
{
    /// <summary>A conversation of turns: 0 an answer, 1 to 3 so many rounds of tools before it.</summary>
    private static readonly Arbitrary<(int[] Turns, int Words, int Known, int Sent, int Budget, bool Again)> Cases = Arb.From(
        from turns in Gen.Choose(0, 3).ArrayOf()
        from words in Gen.Elements(1, 10, 120)
        from known in Gen.Choose(0, 12)
        from sent in Gen.Choose(0, 12)
        from budget in Gen.Elements(60, 200, 600, 3_000)
        from again in Gen.Elements(true, false)
        select (turns, words, known, sent, budget, again));

    [Fact]
    public void A_prompt_fits_or_is_refused_and_ends_with_the_newest_messages_and_has_each_message_once_in_order() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Cases, c =>
    {
        var all = All(c.Turns, c.Words);
        var stored = all.TakeLast(Math.Min(c.Known, all.Count)).SelectMany(t => t).ToArray();
        var sent = all.TakeLast(Math.Min(c.Sent, all.Count)).SelectMany(t => t).ToList();
        string[] request = [.. sent, "u:the newest"];
        var session = new FakeSession(Conversation.Session(stored, folded: all.Count - Math.Min(c.Known, all.Count)));
        var counter = new ScriptAwareTokenCounter();
        var assembler = new LlmRequestAssembler(counter, [], new AssemblyOptions(), TimeProvider.System, NullLogger<LlmRequestAssembler>.Instance);
        AssembledRequest assembled;
        try
        {
            assembled = assembler.AssembleAsync(new AssemblyInput
            {
                Session = session,
                Request = new ChatRequest { Model = "m", Messages = Conversation.Request(request) },
                Model = new ModelInfo { Name = "m", ContextTokens = c.Budget, OutputTokens = 0, SafetyTokens = 0 },
                Renderer = new PlainRenderer(),
            }).AsTask().GetAwaiter().GetResult();
        }
        catch (TooLargeException)
        {
            false.ShouldBeTrue("the newest message alone fits");
            return;
        }

        var texts = assembled.Request.Messages.Where(m => m.Role != MessageRole.System).Select(Conversation.Text).ToList();
        assembled.Request.Messages.Sum(m => counter.Count(new Message { Role = m.Role, Content = m.Content, ToolCalls = m.ToolCalls, ToolCallId = m.ToolCallId }, "m")).ShouldBeLessThanOrEqualTo(c.Budget);
        assembled.Request.Messages.Count(m => m.Role == MessageRole.System).ShouldBeLessThanOrEqualTo(1);
        texts[^1].ShouldBe("u:the newest");

        // The larger of what is stored and what is sent, whole or without its oldest turns.
        string[] whole = [.. all.TakeLast(Math.Max(Math.Min(c.Known, all.Count), Math.Min(c.Sent, all.Count))).SelectMany(t => t), "u:the newest"];
        texts.ShouldBe(whole[^texts.Count..]);
        (texts.Count + assembled.LeftOut.Messages).ShouldBe(whole.Length);
        (texts[0][0] == 'u').ShouldBeTrue();
        assembled.New.Select(Conversation.Text).ShouldBe(["u:the newest"]);
        assembled.Supersedes.ShouldBeNull();
    }));

    [Fact]
    public void However_much_of_a_turn_a_client_repeats_what_is_stored_gives_the_turn_once() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Cases, c =>
    {
        // A client works through a conversation request by request, and sends some of them twice; the session takes what the merge says.
        var all = All(c.Turns, words: 1);
        var session = new SessionModel();
        var step = 0;
        for (var turn = 0; turn < all.Count; turn++)
        {
            var messages = all[turn];
            for (var answer = 1; answer < messages.Length; answer++)
            {
                if (messages[answer].StartsWith("t:", StringComparison.Ordinal))
                {
                    continue;
                }

                string[] request = [.. all.Skip(Math.Max(0, turn - c.Sent)).Take(Math.Min(turn, c.Sent)).SelectMany(t => t), .. messages[..answer]];
                session.Take(request, messages[answer]);
                if (c.Again && ++step % 3 == 0)
                {
                    session.Take(request, messages[answer]);
                }
            }

            session.View.ShouldBe(all.Take(turn + 1).SelectMany(t => t));
        }
    }));

    private static List<string[]> All(int[] turns, int words)
    {
        var filler = string.Join(' ', Enumerable.Range(0, words).Select(i => $"w{i}"));
        return [.. turns.Select((rounds, turn) => (string[])
            [$"u:q{turn} {filler}", .. Enumerable.Range(0, rounds).SelectMany(i => (string[])[$"call:c{turn}-{i}", $"t:c{turn}-{i}"]), $"a:a{turn} {filler}"])];
    }

    /// <summary>A session as far as the merge goes: the view, with sequences and turns.</summary>
    private sealed class SessionModel
    {
        private readonly List<Message> view = [];
        private long last;
        private int turns;

        public IEnumerable<string> View => view.Select(Conversation.Text);

        public void Take(string[] request, string answer)
        {
            var context = Conversation.Session([]) with
            {
                TurnCount = turns,
                ActiveContext = [.. view.GroupBy(m => m.Turn).Select(t => new ContextTurn(t.Key, [.. t]))],
            };
            var merged = TranscriptMerge.Merge(context, Conversation.Request(request));
            if (merged.Supersedes is { } first)
            {
                view.FindLastIndex(m => m.Role == MessageRole.User).ShouldBe(view.FindIndex(m => m.Sequence == first) - 1);
                view.RemoveAll(m => m.Sequence >= first);
            }

            foreach (var message in (Message[])[.. merged.Older, .. merged.New, Conversation.Stored(answer)])
            {
                turns += message.Role == MessageRole.User ? 1 : 0;
                view.Add(message with { Sequence = ++last, Turn = turns });
            }

            merged.Conversation.Select(Conversation.Text).TakeLast(request.Length).ShouldBe(request);
        }
    }
}
