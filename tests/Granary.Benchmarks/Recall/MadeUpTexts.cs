namespace Granary.Benchmarks.Recall;

/// <summary>Made-up sentences whose words are as frequent as content words are (Zipf), and questions about them.</summary>
internal sealed class MadeUpTexts(int seed)
{
    private const int Vocabulary = 30_000;

    private static readonly string[] Words = [.. Enumerable.Range(0, Vocabulary).Select(Word)];

    private readonly Random random = new(seed);

    /// <summary>A sentence of about 18 words.</summary>
    public string Sentence() =>
        string.Join(' ', Enumerable.Range(0, random.Next(4, 20)).Select(_ => Words[Zipf()]).Concat(["the", "and", "of", "you", "with", "it"]))
            + (random.Next(4) == 0 ? "?" : ".");

    /// <summary>A question of ten words: half of one of the sentences, half of any.</summary>
    public string Question(IReadOnlyList<string> sentences) =>
        "When did we talk of "
            + string.Join(' ', sentences[random.Next(sentences.Count)].TrimEnd('?', '.').Split(' ').Take(5).Concat(Enumerable.Range(0, 5).Select(_ => Words[Zipf()])));

    /// <summary>Ranks as content words have them: the most frequent in about one unit of thirty.</summary>
    private int Zipf() => Math.Min(Vocabulary - 1, (int)Math.Exp(random.NextDouble() * Math.Log(Vocabulary + 30.0))) switch
    {
        < 30 => random.Next(300),
        var rank => rank,
    };

    private static string Word(int number)
    {
        const string Consonants = "bdfgklmnprstvz";
        const string Vowels = "aeiou";
        var hash = (uint)number * 2654435761u;
        var letters = new char[8];
        for (var i = 0; i < letters.Length; i++)
        {
            var set = i % 2 == 0 ? Consonants : Vowels;
            letters[i] = set[(int)(hash % (uint)set.Length)];
            hash = (hash / (uint)set.Length) + ((uint)number * 40503u);
        }

        return new string(letters);
    }
}
