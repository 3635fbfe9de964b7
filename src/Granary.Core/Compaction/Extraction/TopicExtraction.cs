namespace Granary.Core.Compaction.Extraction;

/// <summary>Finds what a text is about: names, and words that come again.</summary>
internal static class TopicExtraction
{
    private const int MaxWordsOfName = 3;

    // A capital within a sentence is a name in most languages, and more telling than a word that only comes again.
    private const double NameWorth = 1.5;

    private const int LeastLength = 4;

    /// <summary>At most <see cref="TopicRanking.Max"/> topics, the most telling first.</summary>
    public static IReadOnlyList<string> Of(TextAnalysis text)
    {
        var speakers = text.Utterances.Select(utterance => utterance.Speaker).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = new Dictionary<string, Topic>(StringComparer.OrdinalIgnoreCase);
        foreach (ref var sentence in text.Sentences)
        {
            if ((sentence.Traits & Traits.Code) != 0 || text.UtteranceOf(sentence).Kind == UtteranceKind.Tool)
            {
                continue;
            }

            AddTopics(text, sentence, speakers, found);
        }

        var topics = new List<string>();
        foreach (var topic in found.Values.OrderByDescending(topic => topic.Worth).ThenBy(topic => topic.Order))
        {
            // "Berlin" says nothing beside "Berlin Marathon".
            if (topics.Count < TopicRanking.Max && !topics.Exists(other => other.Contains(topic.Name, StringComparison.OrdinalIgnoreCase)))
            {
                topics.Add(topic.Name);
            }
        }

        return topics;
    }

    private static void AddTopics(TextAnalysis text, in Sentence sentence, HashSet<string> speakers, Dictionary<string, Topic> found)
    {
        var source = text.UtteranceOf(sentence).Text;
        var words = text.WordsOf(sentence);
        for (var at = 0; at < words.Length; at++)
        {
            if (words[at].Term < 0 || Calendar.IsCurrency(words[at]))
            {
                continue;
            }

            var term = text.Terms[words[at].Term];
            if (IsName(text, words[at]))
            {
                var last = at;
                while (last + 1 < words.Length && last - at + 1 < MaxWordsOfName && IsName(text, words[last + 1])
                    && words[last + 1].Start == words[last].Start + words[last].Length + 1 && source[words[last + 1].Start - 1] == ' ')
                {
                    last++;
                }

                Add(source[words[at].Start..(words[last].Start + words[last].Length)], NameWorth + (0.3 * (last - at)));
                at = last;
            }
            else if (term.Sentences > 1 && term.AsName == 0 && IsTelling(source, words[at]))
            {
                Add(source.Substring(words[at].Start, words[at].Length).ToLowerInvariant(), term.Weight);
            }
        }

        void Add(string name, double worth)
        {
            name = name.EndsWith("'s", StringComparison.OrdinalIgnoreCase) || name.EndsWith("\u2019s", StringComparison.OrdinalIgnoreCase) ? name[..^2] : name;
            if (speakers.Contains(name))
            {
                return;
            }

            var topic = found.GetValueOrDefault(name) ?? new(name, found.Count);
            topic.Worth += worth;
            found[name] = topic;
        }
    }

    private static bool IsName(TextAnalysis text, in Word word) =>
        word.Term >= 0 && word.Length > 1 && (word.Shape & WordShape.Letter) != 0 && (word.Shape & (WordShape.Capital | WordShape.Mixed)) != 0
        && (word.Shape & WordShape.Digit) == 0 && text.Terms[word.Term].AsName > 0;

    private static bool IsTelling(string source, in Word word) => (word.Shape & WordShape.Unspaced) != 0
        ? word.Length == 2 && Scripts.IsIdeograph(source[word.Start]) && Scripts.IsIdeograph(source[word.Start + 1])
        : word.Length >= LeastLength && (word.Shape & WordShape.Digit) == 0;

    private sealed class Topic(string name, int order)
    {
        public string Name => name;

        public int Order => order;

        public double Worth { get; set; }
    }
}
