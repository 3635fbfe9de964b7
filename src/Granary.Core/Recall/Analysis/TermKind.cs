namespace Granary.Core.Recall.Analysis;

/// <summary>What a term is made of.</summary>
internal enum TermKind : byte
{
    /// <summary>A word, stemmed where it is English.</summary>
    Word,

    /// <summary>A word that is written with a capital within a sentence: most likely a name.</summary>
    Name,

    /// <summary>A number, also one written out, or a word with digits.</summary>
    Number,

    /// <summary>Two neighbours of a script without spaces.</summary>
    Pair,
}
