using System.Collections.Frozen;

namespace Granary.Core.Compaction.Extraction;

/// <summary>Words that say nothing by themselves, of the languages most written.</summary>
internal static class StopWords
{
    private const string English =
        """
        a about above actually after again all almost along already also although always am an and another any anybody anyone
        anything are aren't around as at away back be became because been before being between both but by came can can't cannot
        come comes could couldn't did didn't do does doesn't doing don't done down during each either else enough especially even
        ever every everybody everyone everything few for from further get gets getting go goes going gonna gone got had has hasn't
        have haven't having he he'd he'll he's her here hers herself hey him himself his how however i i'd i'll i'm i've if in
        instead into is isn't it it'd it'll it's its itself just keep keeps kind know let let's like likely little ll lot lots
        made make makes many may maybe me mean might mine more most much must my myself need needs never new next no nobody none
        nor not nothing now of off oh ok okay often on once one only onto or other others our ours ourselves out over own part
        please pretty put quite rather re really right said same saw say says see seem seems seen she she'd she'll she's should
        shouldn't since so some somebody someone something sometimes soon still such sure take takes tell than thank thanks that
        that's the their theirs them themselves then there there's these they they'd they'll they're they've thing things think
        this those though through thus to together told too took totally try under until up upon us use used using usually ve very
        want wants was wasn't way we we'd we'll we're we've well went were weren't what what's whatever when where whether which
        while who who's whoever whole whom whose why will with within without won't would wouldn't yeah yes yet you you'd you'll
        you're you've your yours yourself good great nice hi hello wow yep sounds awesome glad super cool last time day
        """;

    private const string German =
        """
        der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine ich du er sie es wir ihr mich dich
        sich uns euch mir dir ihm ihnen mein meine dein sein seine ihre unser ist sind war waren bin bist hat haben habe hatte
        wird werden wurde kann können muss soll will auch noch nur schon sehr so wie was wer wo wenn weil dass da doch ja nein mit
        von zu zum zur im in an am auf aus bei nach über unter vor für um als bis durch gegen ohne dann denn hier jetzt mehr man
        mal
        """;

    private const string French =
        """
        le la les un une des du de d au aux et ou mais ne pas plus je tu il elle on nous vous ils elles me te se lui leur mon ma
        mes ton ta tes son sa ses notre votre ce cet cette ces est sont suis es être été était ai as a avons avez ont avoir fait
        que qui quoi dont où si comme dans sur sous avec sans pour par en y très bien tout tous aussi alors donc car c'est j'ai
        """;

    private const string Spanish =
        """
        el la los las un una unos unas y o pero no ni yo tú él ella nosotros ustedes ellos ellas me te se le les lo mi mis tu tus
        su sus nuestro es son soy eres era fue ser está están estoy estar ha han he hay que qué quien como cómo cuando donde si sí
        de del al a en con sin por para sobre muy más también ya porque este esta esto ese esa eso
        """;

    private const string Portuguese =
        """
        o os as um uma uns umas e ou mas não eu você ele ela nós eles elas lhe meu minha seu sua nosso é são sou era foi ser está
        estou tem têm tenho que quem como quando onde se sim do da dos das no na nos nas em com sem por para muito mais também já
        porque isso este esta
        """;

    private const string Italian =
        """
        il lo la i gli le un uno una e o ma non io tu lui lei noi voi loro mi ti si ci vi mio mia tuo suo sua nostro è sono sei
        era essere ho hai ha abbiamo hanno che chi come quando dove se di del della dei delle al alla da dal dalla in nel nella
        con senza per su sul sulla molto più anche già perché questo questa
        """;

    private const string Dutch =
        """
        de het een en of maar niet geen ik jij je hij zij ze wij we jullie mij me jou hem haar ons hun mijn jouw zijn is ben bent
        was waren heeft heb hebben had wordt worden kan moet zal wil ook nog al zeer zo hoe wat wie waar als omdat dat die deze
        dit met van te tot in op aan uit bij naar over onder voor om door tegen zonder dan er hier nu meer
        """;

    private const string Russian =
        """
        и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только ее мне было вот от меня еще нет о
        из ему теперь когда даже ну если уже или ни быть был до вас мы они тут где есть для это этот кто чем без при
        """;


    private static readonly FrozenSet<ulong> Words =
        new[] { English, German, French, Spanish, Portuguese, Italian, Dutch, Russian }
            .SelectMany(words => words.Split([' ', '\n'])).Select(word => WordHash.Of(word)).ToFrozenSet();

    /// <summary>Whether a word is one, by its <see cref="WordHash"/>.</summary>
    public static bool Contains(ulong hash) => Words.Contains(hash);
}
