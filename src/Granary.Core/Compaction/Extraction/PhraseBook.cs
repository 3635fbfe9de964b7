using System.Collections.Frozen;

namespace Granary.Core.Compaction.Extraction;

/// <summary>What phrases say about a sentence. Of the phrases that begin at a word the longest counts.</summary>
internal static class PhraseBook
{
    private static readonly FrozenDictionary<ulong, Phrase[]> ByFirstWord = Build();

    /// <summary>What the phrase that begins at a word says; nothing if none does.</summary>
    /// <param name="words">The sentence's words.</param>
    /// <param name="at">The word.</param>
    public static Traits At(ReadOnlySpan<Word> words, int at)
    {
        if (!ByFirstWord.TryGetValue(words[at].Hash, out var phrases))
        {
            return Traits.None;
        }

        var traits = Traits.None;
        var longest = -1;
        foreach (var phrase in phrases)
        {
            if (phrase.Rest.Length >= longest && phrase.Matches(words, at))
            {
                longest = phrase.Rest.Length;
                traits |= phrase.Traits;
            }
        }

        return traits;
    }

    private static FrozenDictionary<ulong, Phrase[]> Build()
    {
        var all = new List<Phrase>();

        // A leading ^ binds a phrase to the beginning of the sentence.
        Add(Traits.Preference,
            """
            i prefer | i'd prefer | i would prefer | i'd rather | i would rather | i like | i really like | i love | i really love | i hate
            i dislike | i enjoy | i don't like | i do not like | i can't stand | i cannot stand | i don't eat | i don't drink | i never
            i always | i only | i avoid | i refuse | i don't want | i do not want | i'm not a fan | i am not a fan | i'm a fan | i'm a big fan
            my favorite | my favourite | my preference | my preferred | our preference | our preferred | we prefer | we'd prefer | we like
            we love | we never | we always | we don't want | please always | please never | ^always use | ^never use | ^don't use
            ^do not use | please don't | please do not | please use | i'm vegetarian | i'm vegan | i am vegetarian | i am vegan
            ich mag | ich bevorzuge | ich hasse | bitte keine | bitte kein | bitte nie | bitte immer | je préfère | j'aime | je déteste
            je n'aime pas | prefiero | me gusta | me gustan | no me gusta | odio | prefiro | eu gosto | preferisco | mi piace
            喜欢 | 不喜欢 | 讨厌 | 偏好 | 请不要 | 请别 | 好き | 嫌い | 苦手
            """);
        Add(Traits.Wish,
            """
            i want | i'd like | i would like | we want | we'd like | we would like | i wish | i hope | my goal | our goal | i'm looking for
            i am looking for | we're looking for | i'm interested in | i am interested in
            ich möchte | ich will | wir möchten | je voudrais | je veux | quiero | quisiera | quero | vorrei | voglio
            """);
        Add(Traits.None,
            """
            i like that idea | i like the idea | i love that | i love it | i like it | i like that | i love this | i'd like to know
            i'd like to thank | i hope this helps | i hope you | i hope that helps | i want to thank | i always say
            """);
        Add(Traits.Decision,
            """
            we decided | we've decided | we have decided | i decided | i've decided | i have decided | was decided | is decided | been decided
            decided to | decided on | the decision | our decision | my decision | final decision | let's | we'll go with | we will go with
            i'll go with | i will go with | go with | going with | went with | we'll use | we will use | we chose | we've chosen | i chose
            i've chosen | we agreed | we've agreed | have agreed | agreed on | agreed to | agreed that | we settled | settled on | i'll take
            i will take | we'll take | the plan is | our plan is | we plan to | i plan to | i'm planning | we're planning | approved
            confirmed | it's settled | signed off | we picked | i picked | we're switching | we switched | i booked | we booked | i signed up
            i applied | i accepted | i bought | we bought | i quit
            wir haben entschieden | haben uns entschieden | habe mich entschieden | wir nehmen | ich nehme | nous avons décidé | on a décidé
            j'ai décidé | decidimos | hemos decidido | he decidido | decidimos por | abbiamo deciso | ho deciso
            决定 | 同意 | 确认 | 決めました | 決定
            """);
        Add(Traits.None,
            """
            let's see | let's talk | let's hope | let's say | let's look | let's check | let's chat | let's start | let's catch
            let's keep in touch
            """);
        Add(Traits.Rejection,
            """
            decided against | decided not | ruled out | we rejected | i rejected | was rejected | is rejected | discarded | scrapped
            dropped the idea | turned down | won't be using | will not be using | ^rejected | ^discarded
            """);
        Add(Traits.Decision, "we won't | i won't | will not use | won't use | called off | cancelled | canceled | abandoned");
        Add(Traits.Todo,
            """
            todo | to-do | fixme | remind me | don't forget | do not forget | action item | action items | next step | next steps | follow up
            follow-up | still need | still needs | still have to | still has to | still open | still missing | still waiting | waiting for
            waiting on | is pending | are pending | still pending | tbd | to be decided | to be determined | open question | open questions
            unresolved | outstanding | not yet
            noch offen | nicht vergessen | erinnere mich | rappelle-moi | n'oublie pas | recuérdame | no olvides
            提醒我 | 别忘了 | 待办 | 忘れないで
            """);
        Add(Traits.Intention,
            """
            i need to | we need to | i have to | we have to | i must | we must | i should | we should | i'll | i will | we'll | we will
            i'm going to | we're going to | i am going to | gonna | by tomorrow | due by | due on | deadline
            """);
        Add(Traits.None,
            """
            i'll be happy | i'll check | i'll look | i'll let you | i will let you | i'll see | i'll talk | we'll see | we will see
            i have to say | i must say | i have to admit | i must admit | i should say
            """);
        Add(Traits.Problem,
            """
            error | errors | exception | exceptions | failed | fails | failure | failing | crash | crashed | crashes | crashing | outage
            critical | urgent | emergency | broken | broke down | doesn't work | does not work | not working | didn't work | stopped working
            can't log | cannot log | is down | was down | went down | data loss | lost data | corrupted | leak | leaked | breach | blocked
            blocker | bug | regression | overdue | stolen | denied | timeout | timed out | out of memory
            """);
        Add(Traits.Resolved,
            """
            fixed | resolved | solved | works now | working now | works again | no longer | repaired | back up | recovered | isn't wrong
            nothing wrong | not wrong | no error | no errors | without error | without errors
            """);
        Add(Traits.Identity,
            """
            my name is | my name's | i'm called | i am called | call me | i live in | i live at | i moved to | i moved from | i'm moving to
            i work at | i work for | i work as | i'm from | i am from | i was born | i grew up | my birthday | i'm allergic | i am allergic
            allergic to | my email is | my phone is | my number is | my address is | i study | i studied | i own | years old
            diagnosed with | got married | i'm married | i am married | my budget | our budget | the budget is | budget of
            the deadline is | our deadline | my deadline | my time zone | my timezone
            ich heiße | mein name ist | ich wohne in | ich arbeite bei | ich bin allergisch | je m'appelle | j'habite | je travaille
            me llamo | mi nombre es | vivo en | trabajo en | soy alérgico | soy alérgica | meu nome é | moro em | mi chiamo | abito a
            меня зовут | я живу | 我叫 | 我的名字 | 我住在 | 过敏 | と申します | アレルギー
            """);
        Add(Traits.Relation,
            """
            my wife | my husband | my partner | my girlfriend | my boyfriend | my son | my daughter | my kids | my children | my mother
            my father | my mom | my dad | my sister | my brother | my dog | my cat | my pet | my boss | my manager | my company
            my employer | my team | my job | our company | our team | i'm a | i am a | i'm an | i am an | my account | my order | my email
            my phone | my address | my doctor | my friend | our house | my house | my car | i work in
            """);
        Add(Traits.None, "i'm a bit | i'm a little | i am a bit | i am a little | i'm a lot");
        Add(Traits.Marker,
            """
            ^decision | ^constraint | ^decided | ^agreed | ^requirement | ^important | ^note | ^action | ^conclusion | ^rule | ^deadline
            ^budget
            """);
        Add(Traits.Date,
            """
            today | tonight | tomorrow | yesterday | monday | tuesday | wednesday | thursday | friday | saturday | sunday | next week
            last week | this week | next month | last month | this month | next year | last year | this year | next summer | last summer
            this weekend | last weekend | next weekend | weeks ago | days ago | months ago | years ago | year ago | week ago | month ago
            noon | midnight | christmas | easter | o'clock | montag | dienstag | mittwoch | donnerstag | freitag | samstag | sonntag | morgen
            gestern | heute | lundi | mardi | mercredi | jeudi | vendredi | samedi | dimanche | demain | hier | lunes | martes | miércoles
            jueves | viernes | sábado | domingo | mañana | ayer
            """);
        Add(Traits.Number,
            """
            two | three | four | five | six | seven | eight | nine | ten | eleven | twelve | twenty | thirty | fifty | hundred | hundreds
            thousand | thousands | million | millions | billion | dozen | twice
            """);
        Add(Traits.Filler,
            """
            ^thanks | ^thank you | ^you're welcome | ^you are welcome | ^no problem | ^no worries | ^sure | ^ok | ^okay | ^alright | ^great
            ^got it | ^sounds good | ^sounds great | ^hello | ^hi | ^hey | ^good morning | ^good evening | ^good afternoon | ^good to see
            ^nice to | ^bye | ^goodbye | ^see you | ^see ya | ^talk to you | ^talk soon | ^take care | ^wow | ^cool | ^awesome | ^nice
            ^absolutely | ^certainly | ^of course | ^definitely | ^no doubt | ^i understand | ^i see | ^haha | ^lol | ^congrats
            ^congratulations | ^how can i help | ^how may i help | ^happy to help | ^i'm happy to | ^i'd be happy | ^glad | ^let me know
            ^feel free | ^is there anything | ^anything else | ^hope this | ^i hope this | ^i hope that | ^as an ai | ^let me check
            ^let me look | ^let me see | ^one moment | ^just a moment | ^please wait | ^i'll check | ^i'll look | ^checking | ^looking
            ^working on it | ^here is | ^here's | ^here are | ^based on | ^you got this | ^keep it up | ^that's great | ^that's awesome
            ^that sounds | ^sounds like | ^how are you | ^how's it going | ^how have you been
            ^what's new | ^how have you | ^what's up | ^how about you | ^what about you | keep me posted
            good luck | ^i agree | ^totally | ^exactly | ^yeah | ^yep | ^perfect | ^correct | ^aww | ^oh
            """);
        Add(Traits.Yes,
            """
            ^yes | ^yep | ^yeah | ^yup | ^sure | ^ok | ^okay | ^go ahead | ^please do | ^do it | ^sounds good | ^sounds great | ^perfect
            ^correct | ^confirmed | ^agreed | ^exactly | ^absolutely | ^definitely | ^of course | ^that works | ^works for me | ^let's do it
            ^ja | ^genau | ^oui | ^d'accord | ^sí | ^claro | ^sim | ^да
            """);
        Add(Traits.PointsBack,
            """
            ^it | ^it's | ^this | ^that | ^that's | ^they | ^they're | ^these | ^those | ^he | ^he's | ^she | ^she's | ^its | ^their | ^his
            ^her | ^then | ^there
            """);
        return all.GroupBy(phrase => phrase.First).ToFrozenDictionary(
            group => group.Key, group => group.OrderByDescending(phrase => phrase.Rest.Length).GroupBy(phrase => phrase.Key).Select(Join).ToArray());

        void Add(Traits traits, string phrases)
        {
            foreach (var phrase in phrases.Split(['|', '\n'], StringSplitOptions.TrimEntries))
            {
                all.Add(Phrase.Parse(phrase, traits));
            }
        }

        static Phrase Join(IEnumerable<Phrase> same) => same.Aggregate((a, b) => a with { Traits = a.Traits | b.Traits });
    }

    /// <param name="First">The hash of its first word.</param>
    /// <param name="Rest">The hashes of the others.</param>
    /// <param name="AtStart">Whether it must begin the sentence.</param>
    /// <param name="Key">The phrase as it is written.</param>
    /// <param name="Traits">What it says.</param>
    private sealed record Phrase(ulong First, ulong[] Rest, bool AtStart, string Key, Traits Traits)
    {
        public static Phrase Parse(string text, Traits traits)
        {
            // Cut as sentences are: in pairs of neighbours where there are no spaces.
            var words = new List<ulong>();
            var splitter = new WordSplitter(text, 0, text.Length);
            while (splitter.Next(out var word))
            {
                words.Add(word.Hash);
            }

            return new(words[0], [.. words[1..]], text[0] == '^', text, traits);
        }

        public bool Matches(ReadOnlySpan<Word> words, int at)
        {
            if ((AtStart && at != 0) || at + Rest.Length >= words.Length)
            {
                return false;
            }

            for (var index = 0; index < Rest.Length; index++)
            {
                if (words[at + 1 + index].Hash != Rest[index])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
