using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;
using Shouldly;

namespace Granary.Core.Tests.Recall;

public class RecallerTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    private readonly LexicalIndex index = new();
    private int said;

    [Fact]
    public void A_users_short_words_stand_before_a_long_answer_that_repeats_them()
    {
        Say("a", MessageRole.User, "My dog Biscuit turned three today.");
        Say("a", MessageRole.Assistant, string.Join(' ', Enumerable.Repeat(
            "Happy birthday! Here are ideas for a dog: a dog cake, a new toy with the name of the dog on it, a walk where other dogs play, training games.", 8)));
        Say("b", MessageRole.User, "Which train goes to Lisbon?");
        Say("b", MessageRole.Assistant, "The night train, changing once.");

        First("What is the name of my dog?").ShouldBe(("a", 1));
        First("What did you suggest for my dog's birthday?").ShouldBe(("a", 2));
    }

    [Fact]
    public void A_long_answer_is_found_once_and_by_its_best_passage()
    {
        Say("a", MessageRole.User, "Tell me about bread.");
        Say("a", MessageRole.Assistant, string.Join(' ', Enumerable.Range(0, 400).Select(i => $"bread{i % 50} oven")) + " sourdough needs a banneton basket");

        var hits = Recall("sourdough banneton");
        hits.Count(hit => hit.Sequence == 2).ShouldBe(1);
        hits[0].Sequence.ShouldBe(2);
        (index.Units[hits[0].Unit].Traits & UnitTraits.Continued).ShouldNotBe(UnitTraits.None);
    }

    [Fact]
    public void The_answer_to_a_question_is_found_by_the_questions_words()
    {
        Say("a", MessageRole.User, "I bought a telescope.");
        Say("a", MessageRole.Assistant, "Which planet did you look at first with the telescope?");
        Say("a", MessageRole.User, "Saturn! The rings were so clear.");

        Recall("Which planet did I look at with my telescope?").Take(2).Select(hit => hit.Sequence).ShouldContain(3);
    }

    [Fact]
    public void What_has_a_number_in_it_is_found_by_that_number_alone()
    {
        for (var number = 1_000; number < 1_060; number++)
        {
            Say("a", MessageRole.User, $"The parcel is called order{number}x.");
        }

        First("order1024x").ShouldBe(("a", 25));
    }

    [Fact]
    public void Who_is_named_in_the_question_goes_first()
    {
        Say("a", MessageRole.User, "Ada: I adore hiking in the hills.", "Ada");
        Say("a", MessageRole.Assistant, "Ben: I adore hiking in the hills.", "Ben");

        First("Where does Ben go hiking?").ShouldBe(("a", 2));
        First("Where does Ada go hiking?").ShouldBe(("a", 1));
    }

    [Fact]
    public void Related_words_are_found_behind_those_that_are_asked_for()
    {
        Say("a", MessageRole.User, "My violin needs new strings.");
        Say("b", MessageRole.User, "That instrument needs new strings.");
        Say("c", MessageRole.User, "The train to Lisbon was late.");

        Recall("Which instrument?").Select(hit => hit.Source).ShouldBe(["b", "a"]);
        new Recaller(index, new RecallOptions { Synonyms = 0, Kinds = 0 }).Recall(new RecallQuery { Text = "Which instrument?" })
            .Select(hit => hit.Source).ShouldBe(["b"]);
    }

    [Fact]
    public void Related_words_count_for_what_a_filter_lets_pass_only()
    {
        Say("a", MessageRole.User, "My violin needs new strings.");
        Say("a", MessageRole.Assistant, "A cello is bigger.");
        UnitFilter assistants = static (in UnitEntry unit, LexicalIndex _) => unit.Role == MessageRole.Assistant;

        var hits = new Recaller(index, new RecallOptions()).Recall(new RecallQuery { Text = "Which instruments?", Filter = assistants });
        hits.Select(hit => hit.Sequence).ShouldBe([2L]);
        index.Remove(UnitKind.Message, "a", 2);
        new Recaller(index, new RecallOptions()).Recall(new RecallQuery { Text = "Which instruments?", Filter = assistants }).ShouldBeEmpty();
    }

    [Fact]
    public void Many_related_words_together_weigh_less_than_the_one_that_is_asked_for()
    {
        Say("a", MessageRole.User, "Guitar, piano, violin, drums, flute, trumpet, cello and harp, all in one evening.");
        Say("b", MessageRole.User, "There was one instrument in the room, and an old stove, and a bed, and a lamp on it.");

        First("Which instrument?").Session.ShouldBe("b");
    }

    [Fact]
    public void Where_a_name_is_asked_for_a_message_with_one_goes_first()
    {
        Say("a", MessageRole.User, "We watched a movie, and then we watched the end again.");
        Say("b", MessageRole.User, "We watched a movie, and that was Casablanca once more.");

        First("Which movie did we watch?").Session.ShouldBe("b");
        First("How did we watch the movie end?").Session.ShouldBe("a");
    }

    [Fact]
    public void A_name_counts_only_with_whom_the_question_is_about()
    {
        Say("a", MessageRole.Assistant, "A movie for tonight: the long one, Casablanca, with a piano.");
        Say("b", MessageRole.User, "A movie for tonight, the long one that has a piano in it.");

        First("Which movie for tonight?").Session.ShouldBe("b");
        First("Which movie did you recommend for tonight?").Session.ShouldBe("a");
    }

    [Fact]
    public void What_a_speaker_tells_of_himself_goes_first()
    {
        Say("a", MessageRole.User, "The garden has tomatoes now.");
        Say("b", MessageRole.User, "My garden has tomatoes now.");
        Say("c", MessageRole.User, "The garden has tomatoes now.");

        First("tomatoes garden").Session.ShouldBe("b");
    }

    [Fact]
    public void Words_that_are_said_around_a_message_count_as_had_in_part()
    {
        // Both have one of the two words, and one has the other beside it.
        Say("a", MessageRole.User, "The telescope is on the roof.");
        Say("a", MessageRole.User, "Saturn is up.");
        Say("b", MessageRole.User, "The telescope is on the roof.");
        Say("b", MessageRole.User, "Nothing is up.");

        Hit("a").Parts.Words.ShouldBeGreaterThan(Hit("b").Parts.Words);

        RankedUnit Hit(string session) => Recall("telescope saturn").Single(hit => hit.Source == session && hit.Sequence is 1 or 3);
    }

    [Theory]
    [InlineData("Thanks, Mel! That was on Monday.", false)]
    [InlineData("Thanks, Melanie, for the call.", false)]
    [InlineData("We flew to Lisbon.", true)]
    [InlineData("Lisbon was hot.", false)]
    public void A_name_is_one_within_a_sentence_that_is_no_speakers(string text, bool expected)
    {
        Say("a", MessageRole.User, "Hello.", "Melanie");
        Say("a", MessageRole.Assistant, text, "Caroline");

        ((index.Units[1].Traits & UnitTraits.Name) != 0).ShouldBe(expected);
    }

    [Fact]
    public void The_time_that_the_question_names_counts()
    {
        Say("jan", MessageRole.User, "We had dinner at the harbour.", time: new DateTimeOffset(2026, 1, 11, 0, 0, 0, TimeSpan.Zero));
        Say("feb", MessageRole.User, "We had dinner at the harbour.", time: new DateTimeOffset(2026, 2, 12, 0, 0, 0, TimeSpan.Zero));
        Say("mar", MessageRole.User, "We had dinner at the harbour.", time: new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));

        First("Where was dinner in January 2026?").Session.ShouldBe("jan");
        First("Where was dinner on 12 February?").Session.ShouldBe("feb");
        First("Where was dinner yesterday?").Session.ShouldBe("mar");
    }

    [Fact]
    public void Without_a_now_it_is_that_of_the_newest_message_whenever_records_were_made()
    {
        Say("jan", MessageRole.User, "We had dinner at the harbour.", time: new DateTimeOffset(2024, 1, 11, 0, 0, 0, TimeSpan.Zero));
        Say("feb", MessageRole.User, "We had dinner at the harbour.", time: new DateTimeOffset(2024, 2, 12, 0, 0, 0, TimeSpan.Zero));
        Record("fact", "Likes the sea.");

        var recaller = new Recaller(index, new RecallOptions());
        recaller.Recall(new RecallQuery { Text = "Where was dinner in January?" })[0].Source.ShouldBe("jan");
        recaller.Recall(new RecallQuery { Text = "Where was dinner on 12 February?" })[0].Source.ShouldBe("feb");
    }

    [Fact]
    public void What_a_filter_refuses_is_never_found_and_lends_nothing_to_its_neighbours()
    {
        Say("a", MessageRole.User, "The violin is at the repair shop.");
        Say("a", MessageRole.Assistant, "I see.");

        var hits = new Recaller(index, new RecallOptions()).Recall(new RecallQuery
        {
            Text = "violin repair",
            Filter = static (in UnitEntry unit, LexicalIndex _) => unit.Role == MessageRole.Assistant,
        });
        hits.ShouldBeEmpty();
        Recall("violin repair").Count.ShouldBe(2);
    }

    [Fact]
    public void A_removed_unit_is_not_found_and_a_replaced_one_only_by_its_new_words()
    {
        Say("a", MessageRole.User, "The violin is red.");
        index.Add(new RecallUnit { Source = "a", Sequence = 1, Text = "The cello is red.", Time = Start });
        Recall("violin").ShouldBeEmpty();
        Recall("cello").Count.ShouldBe(1);

        index.Remove(UnitKind.Message, "a", 1).ShouldBeTrue();
        Recall("cello").ShouldBeEmpty();
        index.Remove(UnitKind.Message, "a", 1).ShouldBeFalse();
    }

    [Fact]
    public void A_record_that_does_not_hold_now_goes_behind_one_that_does()
    {
        Record("old", "Lives in Porto", validTo: Start.AddDays(-1));
        Record("new", "Lives in Lisbon", validFrom: Start.AddDays(-1));

        Recall("Where does she live?").Select(hit => hit.Source).ShouldBe(["new", "old"]);
    }

    [Fact]
    public void Vectors_bring_what_no_word_finds_and_keep_to_the_filter()
    {
        Say("a", MessageRole.User, "My pup loves the park.");
        var unit = index.UnitCount - 1;
        var recaller = new Recaller(index, new RecallOptions());
        var query = new RecallQuery { Text = "canine exercise", Vectors = [new VectorCandidate(unit, 0.8f)] };

        recaller.Recall(query).Single().Parts.Vectors.ShouldBeGreaterThan(0);
        recaller.Recall(query with { Filter = static (in UnitEntry _, LexicalIndex _) => false }).ShouldBeEmpty();
    }

    [Fact]
    public void Sessions_are_ranked_each_once()
    {
        Say("a", MessageRole.User, "The violin is at the shop.");
        Say("a", MessageRole.User, "The violin will be ready on Friday.");
        Say("b", MessageRole.User, "My violin teacher is ill.");
        Say("c", MessageRole.User, "Rain again.");

        var hits = new Recaller(index, new RecallOptions()).RecallSessions(new RecallQuery { Text = "When will the violin be ready?" });
        hits.Select(hit => hit.Session).ShouldBe(["a", "b"]);
        hits[0].Best.Sequence.ShouldBe(2);
    }

    [Fact]
    public void Other_languages_are_found()
    {
        Say("a", MessageRole.User, "Я живу в Москве и люблю шахматы.");
        Say("a", MessageRole.User, "私は東京に住んでいます");
        Say("b", MessageRole.User, "J'habite à Besançon.");

        First("шахматы").ShouldBe(("a", 1));
        First("東京").ShouldBe(("a", 2));
        First("Besancon").ShouldBe(("b", 3));
    }

    [Fact]
    public void An_empty_index_and_an_empty_question_find_nothing()
    {
        Recall("violin").ShouldBeEmpty();
        Say("a", MessageRole.User, "The violin.");
        Recall("").ShouldBeEmpty();
        Recall("what is it?").ShouldBeEmpty();
    }

    [Fact]
    public void An_option_out_of_range_is_named()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new Recaller(index, new RecallOptions { Saturation = -1 })).Message.ShouldContain("Saturation");
        Should.Throw<ArgumentOutOfRangeException>(() => new Recaller(index, new RecallOptions { Before = [1] })).Message.ShouldContain("Before");
        Should.Throw<ArgumentOutOfRangeException>(() => Recall("x", 0));
    }

    [Fact]
    public async Task Queries_run_beside_the_writer()
    {
        using var stop = new CancellationTokenSource();
        var recaller = new Recaller(index, new RecallOptions());
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            // The last query, at the least, begins after the last unit came.
            var found = 0;
            bool isLast;
            do
            {
                isLast = stop.IsCancellationRequested;
                found += recaller.Recall(new RecallQuery { Text = "violin garden word7 word100" }).Count;
            }
            while (!isLast);

            return found;
        })).ToArray();

        for (var i = 0; i < 6_000; i++)
        {
            index.Add(new RecallUnit { Source = $"s{i % 40}", Sequence = (i / 40) + 1, Text = $"The violin{i} garden word{i % 300} violin", Name = $"N{i % 9}", Time = Start });
            if (i % 7 == 0)
            {
                index.Remove(UnitKind.Message, $"s{i % 40}", i / 80);
            }
        }

        await stop.CancelAsync();
        (await Task.WhenAll(readers)).Sum().ShouldBeGreaterThan(0);
    }

    private void Say(string session, MessageRole role, string text, string? name = null, DateTimeOffset? time = null) => index.Add(new RecallUnit
    {
        Source = session, Sequence = ++said, Role = role, Text = text, Name = name, Time = time ?? Start,
    });

    private void Record(string id, string text, DateTimeOffset? validFrom = null, DateTimeOffset? validTo = null) => index.Add(new RecallUnit
    {
        Kind = UnitKind.Fact, Source = id, Text = text, Time = Start.AddDays(-9), ValidFrom = validFrom, ValidTo = validTo,
    });

    private IReadOnlyList<RankedUnit> Recall(string text, int limit = 10) =>
        new Recaller(index, new RecallOptions()).Recall(new RecallQuery { Text = text, Limit = limit, Now = Start });

    private (string Session, long Sequence) First(string text) => Recall(text) is [var hit, ..] ? (hit.Source, hit.Sequence) : ("", 0);
}
