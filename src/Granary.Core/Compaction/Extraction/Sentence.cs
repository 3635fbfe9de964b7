namespace Granary.Core.Compaction.Extraction;

/// <summary>A sentence of an utterance.</summary>
internal struct Sentence
{
    /// <summary>The index of its utterance.</summary>
    public int Utterance;

    /// <summary>Where it begins in the utterance's text.</summary>
    public int Start;

    /// <summary>Its length in characters.</summary>
    public int Length;

    /// <summary>The index of its first word.</summary>
    public int FirstWord;

    /// <summary>How many words it has.</summary>
    public int WordCount;

    /// <summary>Capitalized words in it that are names.</summary>
    public int Names;

    /// <summary>What it is.</summary>
    public Traits Traits;

    /// <summary>The sentence that makes sense only with it, and it only with that: a question and its short answer; -1 for none.</summary>
    public int Companion;

    /// <summary>What it is worth to a summary.</summary>
    public double Score;
}

/// <summary>A word of a sentence.</summary>
internal struct Word
{
    /// <summary>The hash of the word in small letters, without a genitive s.</summary>
    public ulong Hash;

    /// <summary>Where it begins in the utterance's text.</summary>
    public int Start;

    /// <summary>Its length in characters.</summary>
    public int Length;

    /// <summary>The index of its term; -1 for a word that says nothing by itself.</summary>
    public int Term;

    /// <summary>What it looks like.</summary>
    public WordShape Shape;
}

/// <summary>What a word looks like.</summary>
[Flags]
internal enum WordShape : byte
{
    /// <summary>Small letters.</summary>
    None = 0,

    /// <summary>Begins with a capital.</summary>
    Capital = 1,

    /// <summary>Has a digit.</summary>
    Digit = 2,

    /// <summary>Has a letter.</summary>
    Letter = 4,

    /// <summary>Is a piece of a text without spaces.</summary>
    Unspaced = 8,

    /// <summary>Has a second capital or a digit beside letters: an acronym, a code.</summary>
    Mixed = 16,
}

/// <summary>What a sentence is, as far as its words tell.</summary>
[Flags]
internal enum Traits
{
    /// <summary>Nothing that is known.</summary>
    None = 0,

    /// <summary>Someone likes, wants or refuses something.</summary>
    Preference = 1 << 0,

    /// <summary>Someone asks for something: a weaker preference.</summary>
    Wish = 1 << 1,

    /// <summary>Something was decided.</summary>
    Decision = 1 << 2,

    /// <summary>Something was rejected.</summary>
    Rejection = 1 << 3,

    /// <summary>Something is still to be done.</summary>
    Todo = 1 << 4,

    /// <summary>Someone will do something.</summary>
    Intention = 1 << 5,

    /// <summary>Something is wrong.</summary>
    Problem = 1 << 6,

    /// <summary>Something that was wrong is right again.</summary>
    Resolved = 1 << 7,

    /// <summary>Who or what someone is.</summary>
    Identity = 1 << 8,

    /// <summary>A decision or constraint that is marked as one.</summary>
    Marker = 1 << 9,

    /// <summary>A day or an hour.</summary>
    Date = 1 << 10,

    /// <summary>A day that a calendar knows: with its number.</summary>
    ExactDate = 1 << 11,

    /// <summary>A sum of money or a percentage.</summary>
    Amount = 1 << 12,

    /// <summary>A number.</summary>
    Number = 1 << 13,

    /// <summary>A question.</summary>
    Question = 1 << 14,

    /// <summary>A question that nobody answered.</summary>
    OpenQuestion = 1 << 15,

    /// <summary>Politeness and the noise of working.</summary>
    Filler = 1 << 16,

    /// <summary>A yes.</summary>
    Yes = 1 << 17,

    /// <summary>A line of code.</summary>
    Code = 1 << 18,

    /// <summary>An address, path or identifier.</summary>
    Artifact = 1 << 19,

    /// <summary>A question that was answered with yes.</summary>
    Agreed = 1 << 20,

    /// <summary>The result of a tool that failed and was not repeated with success.</summary>
    ToolFailure = 1 << 21,

    /// <summary>Begins with a word that points back.</summary>
    PointsBack = 1 << 22,

    /// <summary>Begins its utterance.</summary>
    Opening = 1 << 23,

    /// <summary>Someone or something that belongs to the speaker.</summary>
    Relation = 1 << 24,
}
