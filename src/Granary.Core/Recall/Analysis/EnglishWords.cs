using System.Collections.Frozen;

namespace Granary.Core.Recall.Analysis;

/// <summary>What the analyzer knows of single English words: those that carry nothing, forms that no rule reaches, numbers written out.</summary>
internal static class EnglishWords
{
    private const string Function =
        """
        a about above after again against ah all almost along already also although always am an and another any anybody anyone anything are aren around
        as at away be became because been before being below between both but by came can cannot come could couldn did didn do does doesn doing don done
        dont down during each either else em enough etc even ever every everybody everyone everything few for from get gets getting give given go goes going
        gonna gone got gotta guess had hadn has hasn haven having he her here hers herself hey hi hello him himself his how however huh i if im in instead into is isn
        it its itself ive just kind kinda let ll lot lots made make makes many may maybe me mean might mine more most much must my myself need needs nor no
        not now of off oh ok okay on once one only onto or other others ought our ours ourselves out over own part per please put quite rather re really
        said same say says see seem seems shall she should shouldn since so some somebody someone something sometimes somewhere soon sort still such sure take takes
        tell than thank thanks that the their theirs them themselves then there these they thing things think this those though through thus to too toward
        towards told took under until up upon us ve very via wanna was wasn way we well were weren what whatever when where whether which while who
        whoever whole whom whose why will with within without won would wouldn wow yeah yep yes yet you your yours yourself yourselves
        dear gosh haha hmm lol omg ooh uh um woah whoa woohoo yay yo have has having
        """;

    // The past, the participle or the plural, then the form that it counts as.
    private const string Irregular =
        """
        arose arise ate eat eaten eat awoke awake beat beat beaten beat became become began begin begun begin bent bend bet bet bit bite bitten bite bled bleed
        blew blow blown blow bore bear born birth bought buy broke break broken break brought bring built build burnt burn burst burst caught catch chose choose
        chosen choose clung cling cost cost crept creep cut cut dealt deal drank drink drunk drink drawn draw drew draw dreamt dream driven drive drove drive
        dug dig fallen fall fed feed fell fall felt feel fled flee flew fly flown fly forbade forbid forgave forgive forgiven forgive forgot forget forgotten forget
        fought fight found find froze freeze frozen freeze grew grow grown grow heard hear held hold hid hide hidden hide hung hang kept keep knelt kneel
        knew know known know laid lay led lead leapt leap learnt learn left leave lent lend lit light lost lose loss lose meant mean met meet mistook mistake
        mistaken mistake overcame overcome paid pay proven prove ran run rang ring ridden ride risen rise rode ride rose rise rung ring sang sing sat sit sewn sew
        seen see saw see shaken shake shook shake shone shine shot shoot shown show shrank shrink slept sleep slid slide sold sell sought seek spent spend spoke
        speak spoken speak sprang spring stole steal stolen steal stood stand struck strike stuck stick stung sting sung sing swam swim swept sweep swore swear
        sworn swear swum swim swung swing taught teach thought think threw throw thrown throw tore tear torn tear understood understand upset upset went go woke wake
        woken wake won win wore wear worn wear wrote write written write
        children child feet foot geese goose grandchildren grandchild halves half kids child kid child knives knife loaves loaf men man
        mice mouse people person selves self shelves shelf teeth tooth thieves thief wives wife wolves wolf women woman
        mom mother mum mother mommy mother dad father daddy father grandma grandmother granny grandmother grandpa grandfather bro brother sis sister
        movies movie film movie films movie photo picture photos picture pic picture pics picture photograph picture photographs picture photography picture
        bike bicycle bikes bicycle tv television phd doctorate fave favorite faves favorite favourite favorite favourites favorite colour color colours color
        biz business doc doctor vet veterinarian pup puppy pups puppy doggo dog kitty cat uni university gym gymnasium fridge refrigerator
        xmas christmas bday birthday b-day birthday edu education info information app application apps application
        mon monday tue tuesday tues tuesday wed wednesday thu thursday thur thursday thurs thursday fri friday sat saturday sun sunday
        jan january feb february mar march apr april jun june jul july aug august sep september sept september oct october nov november dec december
        """;

    private const string Numbers =
        """
        two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 ten 10 eleven 11 twelve 12 thirteen 13 fourteen 14 fifteen 15 sixteen 16 seventeen 17
        eighteen 18 nineteen 19 twenty 20 thirty 30 forty 40 fifty 50 sixty 60 seventy 70 eighty 80 ninety 90 hundred 100 thousand 1000 million 1000000
        second 2nd third 3rd fourth 4th fifth 5th sixth 6th seventh 7th eighth 8th ninth 9th tenth 10th
        """;

    private static readonly FrozenSet<string> Functions = Split(Function).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Same = Pairs();

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> FunctionLookup = Functions.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> SameLookup = Same.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a word, in small letters and without apostrophe, carries nothing to find it by.</summary>
    public static bool IsFunction(ReadOnlySpan<char> word) => FunctionLookup.Contains(word);

    /// <summary>Whether a word, all of which carry nothing to find it by, stands for the one who says it ("us" does not: it may be a country).</summary>
    public static bool IsFirstPerson(ReadOnlySpan<char> word) => word is "i" or "my" or "me" or "mine" or "myself" or "we" or "our" or "ours";

    /// <summary>The word that a form counts as.</summary>
    public static bool TryBase(ReadOnlySpan<char> word, out string? same) => SameLookup.TryGetValue(word, out same);

    private static string[] Split(string words) => words.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);

    private static FrozenDictionary<string, string> Pairs()
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var list in (ReadOnlySpan<string>)[Irregular, Numbers])
        {
            var words = Split(list);
            for (var i = 0; i < words.Length; i += 2)
            {
                pairs.TryAdd(words[i], words[i + 1]);
            }
        }

        return pairs.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
