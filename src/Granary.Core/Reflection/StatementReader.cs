using System.Text.RegularExpressions;
using Granary.Core.Compaction.Extraction;

namespace Granary.Core.Reflection;

/// <summary>
/// Reads what a speaker says outright of himself: "I live in Oslo", "my name is Ada", "I don't like tea". What is asked, quoted, supposed or hedged is
/// not read, and nothing is concluded.
/// </summary>
internal static partial class StatementReader
{
    private const int MaxLength = 300;
    private const string Preferences = "preferences";
    private const string Knowledge = "knowledge_level";
    private const string Goals = "goals";
    private const string Habits = "behavior_patterns";
    private const string Learning = "learning_progress";

    /// <summary>The statements of a text, in order.</summary>
    public static List<Statement> Read(string text)
    {
        var found = new List<Statement>();
        text = Quoted().Replace(text, "\n");
        var splitter = new SentenceSplitter(text);
        while (splitter.Next(out var start, out var length, out var code))
        {
            if (!code && length <= MaxLength)
            {
                ReadSentence(text.Substring(start, length), found);
            }
        }

        return found;
    }

    /// <summary>The statement that a text is, or null.</summary>
    public static Statement? ReadOne(string text) => Read(text) is [var only] ? only : null;

    /// <summary>The speaker and the statement of a text such as "User: I live in Oslo."; null for what it is not.</summary>
    public static (string? Speaker, Statement? Statement) ReadSpoken(string text) =>
        EpisodeText.Read(text) is [{ Speaker.Length: > 0 } only] ? (only.Speaker, ReadOne(only.Text)) : (null, null);

    private static void ReadSentence(string sentence, List<Statement> found)
    {
        sentence = sentence.Trim().Replace('\u2019', '\'');
        if (sentence.EndsWith('?') || sentence.StartsWith('"') || sentence.StartsWith('\u201C') || Doubt().IsMatch(sentence))
        {
            return;
        }

        foreach (var part in Clauses().Split(sentence))
        {
            var clause = LeadIn().Replace(part.Trim(' ', ',', ';', '-', '*', '\u2022'), "").Trim(' ', ',', ';').TrimEnd('.', '!', ' ');
            if (clause.Length > 3 && Classify(clause) is { } statement)
            {
                found.Add(statement);
            }
        }
    }

    private static Statement? Classify(string clause)
    {
        if (Name().Match(clause) is { Success: true } name && char.IsUpper(name.Groups["v"].ValueSpan[0]))
        {
            return Fact("name", name.Groups["v"].Value, MemoryImportance.High);
        }

        if (Allergy().Match(clause) is { Success: true } allergy)
        {
            return Fact(null, allergy.Value, MemoryImportance.High);
        }

        if (Diet().Match(clause) is { Success: true } diet)
        {
            return Insight(Preferences, "diet", diet.Groups["v"].Value, MemoryImportance.High);
        }

        if (Mine().Match(clause) is { Success: true } mine)
        {
            return OfMine(mine.Groups["k"].Value.ToLowerInvariant(), mine.Groups["v"].Value);
        }

        if (Liking().Match(clause) is { Success: true } liking)
        {
            var value = liking.Groups["v"].Value;
            return Pointing().IsMatch(value) ? null
                : Insight(Preferences, "like:" + Key(value), Disliking().IsMatch(liking.Groups["verb"].Value) ? "no" : "yes");
        }

        return Home().Match(clause) is { Success: true } home ? Fact("home", home.Groups["v"].Value, MemoryImportance.High)
            : Age().Match(clause) is { Success: true } age ? Fact("age", age.Groups["v"].Value)
            : Origin().Match(clause) is { Success: true } origin ? Fact("origin", origin.Groups["v"].Value)
            : LearningOf().IsMatch(clause) ? Insight(Learning, null, clause)
            : KnowledgeOf().IsMatch(clause) ? Insight(Knowledge, null, clause)
            : Goal().Match(clause) is { Success: true } goal && !Politeness().IsMatch(goal.Groups["v"].Value) ? Insight(Goals, null, clause)
            : Decision().IsMatch(clause) ? Fact(null, clause)
            : Occupation().IsMatch(clause) ? Fact(null, clause)
            : Having().IsMatch(clause) ? Fact(null, clause)
            : Habit().IsMatch(clause) ? Insight(Habits, null, clause)
            : Dated().IsMatch(clause) ? Fact(null, clause)
            : null;

        Statement OfMine(string what, string value)
        {
            what = what.Replace("favourite", "favorite", StringComparison.Ordinal);
            var slot = Single().IsMatch(what) ? "my:" + what : null;
            return what.StartsWith("favorite", StringComparison.Ordinal) || what.StartsWith("preferred", StringComparison.Ordinal)
                ? Insight(Preferences, slot, value)
                : what is "goal" or "dream" or "aim" ? Insight(Goals, null, value)
                : Fact(slot, value);
        }

        Statement Fact(string? slot, string value, MemoryImportance importance = MemoryImportance.Medium) =>
            new(MemoryKind.Fact, null, importance, Sentence(clause), slot, Key(value));

        Statement Insight(string category, string? slot, string value, MemoryImportance importance = MemoryImportance.Medium) =>
            new(MemoryKind.Insight, category, importance, Sentence(clause), slot, Key(value));
    }

    private static string Sentence(string clause) => char.ToUpperInvariant(clause[0]) + clause[1..] + ".";

    /// <summary>A text for comparison: small letters, single spaces, no punctuation at its end.</summary>
    public static string Key(string text) =>
        string.Join(' ', text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Trim('.', '!', ',', ';', ' ', '"', '\'');

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    [GeneratedRegex(@"^[ \t]*>.*$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\b(maybe|perhaps|probably|possibly|not sure|i guess|i suppose|i think|might|would be|if i|imagine|suppose|pretend|hypothetically|let's say|just kidding|joking)\b|^(if|unless|when|whenever|once)\b", Options)]
    private static partial Regex Doubt();

    [GeneratedRegex(@"(?:\s*[,;]\s*|\s+)(?:and|but)\s+(?=(?:i|i'm|i've|we|my)\b)|;\s+", Options)]
    private static partial Regex Clauses();

    [GeneratedRegex(@"^((well|yes|yeah|yep|no|nope|also|actually|oh|hi|hello|hey|hey there|hi there|so|and|but|btw|by the way|anyway|honestly|ok|okay|sure|thanks|thank you|right|fyi|good|great|just so you know|for the record|(please )?(remember|note|keep in mind)( that)?|currently|now|these days|at the moment)[\s,!:.]+)+", Options)]
    private static partial Regex LeadIn();

    [GeneratedRegex(@"^(my (full |first |last )?name('s| is)|i('m| am) called|(you can |please )?call me) (?<v>\p{L}[\p{L}'-]*( \p{L}[\p{L}'-]*){0,3})$", Options)]
    private static partial Regex Name();

    [GeneratedRegex(@"^i('m| am) ((severely|very|also|mildly|deathly) )?(allergic to .+|(lactose|gluten)[ -]intolerant\b.*)|^i have an? .{2,40} allergy\b.*", Options)]
    private static partial Regex Allergy();

    [GeneratedRegex(@"^i('m| am) (an? )?((strict|now) )*(?<v>vegan|vegetarian|pescatarian|teetotall?er|teetotal)\b", Options)]
    private static partial Regex Diet();

    [GeneratedRegex(@"^my (?<k>(favou?rite|preferred) [\p{L} ]{2,40}?|((older|younger|oldest|youngest|best) )?(wife|husband|partner|girlfriend|boyfriend|fianc[eé]e?|son|daughter|mother|mom|mum|father|dad|brother|sister|friend|boss|manager|dog|cat|pet|car|company|team|school|university)('s (name|birthday))?|birthday|anniversary|e-?mail( address)?|phone( number)?|address|time ?zone|job( title)?|profession|native language|first language|mother tongue|home ?town|hobby|hobbies|nickname|pronouns|shoe size|blood type|goal|dream|aim|budget) (is|are) (?<v>.+)$", Options)]
    private static partial Regex Mine();

    [GeneratedRegex(@"^(favorite .+|preferred .+|.*'s (name|birthday)|birthday|anniversary|e-?mail.*|phone.*|address|time ?zone|job.*|profession|native language|first language|mother tongue|home ?town|nickname|pronouns|shoe size|blood type)$", Options)]
    private static partial Regex Single();

    [GeneratedRegex(@"^i(?<verb>( (really|absolutely|also|still|just|truly|do|always|generally|personally|strongly))* (like|love|enjoy|prefer|adore|hate|dislike|detest|avoid|can't stand|cannot stand|don't (really )?(like|eat|drink|enjoy)|do not (like|eat|drink|enjoy))|('m| am) (not )?a ((big|huge) )?fan of|('m| am) (not )?fond of) (?<v>.+)$", Options)]
    private static partial Regex Liking();

    [GeneratedRegex(@"\b(hate|dislike|detest|avoid|can't|cannot|don't|not)\b", Options)]
    private static partial Regex Disliking();

    [GeneratedRegex(@"^(that|it|this|these|those|them|him|her|the (idea|way|sound|look|plan)|your|you|how|what|when|where|to (know|thank|ask|think|say|see if|hear))\b", Options)]
    private static partial Regex Pointing();

    [GeneratedRegex(@"^i(('m| am) (now |currently )?(living|based|located) in| (now |currently )?(live|reside) in|('ve| have)? (just |recently )?(moved|relocated) (back )?to(?= (the )?(?-i:\p{Lu}))) (?<v>.+)$", Options)]
    private static partial Regex Home();

    [GeneratedRegex(@"^i('m| am) (now )?(?<v>\d{1,3})( years old)?$|^i('ve)? (just )?turned (?<v>\d{1,3})$", Options)]
    private static partial Regex Age();

    [GeneratedRegex(@"^i(('m| am| come) (originally )?from| was born (in|on)| grew up in) (?<v>.+)$", Options)]
    private static partial Regex Origin();

    [GeneratedRegex(@"^i('m| am|'ve been| have been) (now |currently |also )?(learning|studying|taking (an? |the )?[\p{L} ]{0,30}(course|class|classes|lessons))\b|^i('ve| have)? (just |recently |finally )?(finished|completed|passed|mastered) .{3,}", Options)]
    private static partial Regex LearningOf();

    [GeneratedRegex(@"^i('m| am) (still |quite |very |completely |totally |not (very )?)?(a (complete |total )?beginner|new to|familiar with|unfamiliar with|experienced (with|in)|an expert|fluent in|proficient)|^i speak \p{Lu}|^i (know|understand) (a lot|a little|nothing|how to|the basics)\b|^i (don't|do not) know (how to|anything|much|the basics)\b|^i have .{0,20}years of experience\b|^i('ve| have) never (used|written|worked with|programmed)\b", Options)]
    private static partial Regex KnowledgeOf();

    [GeneratedRegex(@"^i( (want|plan|hope|intend|aim) to|('m| am) (trying|planning|hoping|preparing|training|saving( up)?|working) (to|for|towards?)) (?<v>.+)$", Options)]
    private static partial Regex Goal();

    [GeneratedRegex(@"^(know|ask|see|thank|make sure|say|understand|check|talk|hear|tell|clarify|confirm|be sure|be clear|share|mention|point|get back|find out|discuss|continue|start|go back|add|it|that|this|you)\b", Options)]
    private static partial Regex Politeness();

    [GeneratedRegex(@"^(i|we)('ve| have)? (finally |also )?(decided|chosen|agreed|settled|chose) (to|on|that|for|not to) .{3,}|^(i|we)('re|'m| are| am)? (going|went) with .{3,}", Options)]
    private static partial Regex Decision();

    [GeneratedRegex(@"^i('m| am)? (now |currently |also |still )?(work|working|employed|study) (at|for|as|in|with|by|from) .{2,}|^i('m| am) (an? |the )(\p{L}+ ){0,3}\p{L}*(engineer|developer|programmer|teacher|nurse|doctor|student|lawyer|chef|cook|artist|musician|writer|author|journalist|accountant|architect|designer|manager|scientist|researcher|professor|pilot|driver|farmer|carpenter|plumber|electrician|dentist|pharmacist|therapist|psychologist|consultant|analyst|photographer|entrepreneur|founder|parent|single (mom|dad)|widow|widower|retiree|veteran)\b|^i('m| am) (retired|unemployed|self-employed|married|divorced|single|engaged|pregnant|left-handed|colou?r[- ]?blind|deaf|blind|diabetic|dyslexic)\b", Options)]
    private static partial Regex Occupation();

    [GeneratedRegex(@"^i have (an?|one|two|three|four|five|six|\d+) (\p{L}+ ){0,2}(kids?|child|children|sons?|daughters?|brothers?|sisters?|siblings|twins|dogs?|cats?|pets?|horses?|rabbits?|birds?|parrots?|puppy|kitten|wife|husband|degree|phd|house|garden|car|bike)\b|^i have (diabetes|asthma|adhd|epilepsy|celiac disease|high blood pressure)\b|^i (own|drive) an? .{2,}", Options)]
    private static partial Regex Having();

    [GeneratedRegex(@"^i (usually|always|never|often|typically|rarely|normally) (?!(say|said|wonder|wondered|thought|think|feel|felt|knew|know|forget)\b).{4,}|^(every|each) (day|morning|evening|night|week|weekend|month|year|\p{L}+day) i .{4,}|^i .{3,80} (every|each) (single )?(other )?(day|morning|evening|night|week|weekend|month|year|\p{L}+day)s?\b", Options)]
    private static partial Regex Habit();

    [GeneratedRegex(@"^(i|we|my|our)\b.*\b(am|is|are|have|has|'m|leave|arrive|fly|start|starts|begin|begins|due)\b.*\b(\d{4}-\d{2}-\d{2}|\d{1,2}(st|nd|rd|th)?( of)? (january|february|march|april|may|june|july|august|september|october|november|december)|(january|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}(st|nd|rd|th)?)\b", Options)]
    private static partial Regex Dated();
}
