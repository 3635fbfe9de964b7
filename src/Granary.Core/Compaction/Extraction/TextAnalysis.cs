namespace Granary.Core.Compaction.Extraction;

/// <summary>Reads utterances: their sentences, words and terms, and what each sentence is. Takes time in proportion to the text.</summary>
internal sealed class TextAnalysis
{
    /// <summary>A yes or another answer so short that it says nothing without its question, in words.</summary>
    private const int ShortAnswer = 6;

    private Sentence[] sentences = new Sentence[64];
    private Word[] words = new Word[512];
    private int sentenceCount;
    private int wordCount;

    private readonly HashSet<ulong> speakers = [];

    private TextAnalysis(IReadOnlyList<Utterance> utterances)
    {
        Utterances = utterances;
        foreach (var speaker in utterances.Select(utterance => utterance.Speaker).Distinct())
        {
            var splitter = new WordSplitter(speaker, 0, speaker.Length);
            while (splitter.Next(out var word))
            {
                speakers.Add(word.Hash);
            }
        }
    }

    /// <summary>What was read.</summary>
    public IReadOnlyList<Utterance> Utterances { get; }

    /// <summary>Its sentences, in order.</summary>
    public Span<Sentence> Sentences => sentences.AsSpan(0, sentenceCount);

    /// <summary>Its terms.</summary>
    public TermTable Terms { get; } = new();

    /// <summary>Reads.</summary>
    public static TextAnalysis Of(IReadOnlyList<Utterance> utterances)
    {
        var analysis = new TextAnalysis(utterances);
        for (var index = 0; index < utterances.Count; index++)
        {
            analysis.Read(index);
        }

        analysis.FindNames();
        analysis.PairAnswers();
        analysis.FindOpenQuestion();
        analysis.FindFailures();
        SentenceScores.Set(analysis);
        return analysis;
    }

    /// <summary>The words of a sentence.</summary>
    public ReadOnlySpan<Word> WordsOf(in Sentence sentence) => words.AsSpan(sentence.FirstWord, sentence.WordCount);

    /// <summary>A word by its index.</summary>
    public ref readonly Word WordAt(int index) => ref words[index];

    /// <summary>The utterance of a sentence.</summary>
    public Utterance UtteranceOf(in Sentence sentence) => Utterances[sentence.Utterance];

    /// <summary>The text of a sentence.</summary>
    public ReadOnlySpan<char> TextOf(in Sentence sentence) => Utterances[sentence.Utterance].Text.AsSpan(sentence.Start, sentence.Length);

    private void Read(int utterance)
    {
        var text = Utterances[utterance].Text;
        var splitter = new SentenceSplitter(text);
        var opening = Traits.Opening;
        while (splitter.Next(out var start, out var length, out var code))
        {
            if (sentenceCount == sentences.Length)
            {
                Array.Resize(ref sentences, sentences.Length * 2);
            }

            ref var sentence = ref sentences[sentenceCount++];
            sentence = new()
            {
                Utterance = utterance, Start = start, Length = length, FirstWord = wordCount, Companion = -1,
                Traits = opening | (code ? Traits.Code : Traits.None),
            };
            opening = Traits.None;
            ReadWords(text, ref sentence);
            ReadTraits(text, ref sentence);
        }
    }

    private void ReadWords(string text, ref Sentence sentence)
    {
        var splitter = new WordSplitter(text, sentence.Start, sentence.Length);
        while (splitter.Next(out var word))
        {
            if (wordCount == words.Length)
            {
                Array.Resize(ref words, words.Length * 2);
            }

            word.Term = -1;
            if (!StopWords.Contains(word.Hash) && (word.Length > 1 || (word.Shape & (WordShape.Digit | WordShape.Unspaced)) != 0))
            {
                var root = Root(text, word);
                word.Term = Terms.Find(root, word.Length, wordCount);
                ref var term = ref Terms[word.Term];
                if (term.LastSentence != sentenceCount)
                {
                    term.LastSentence = sentenceCount;
                    term.Sentences++;
                }

                // A capital at the beginning says nothing, and calling each other by name neither.
                if ((word.Shape & WordShape.Capital) != 0 && wordCount > sentence.FirstWord && !Calendar.IsMonth(word) && !speakers.Contains(root))
                {
                    term.AsName++;
                }
            }

            words[wordCount++] = word;
        }

        sentence.WordCount = wordCount - sentence.FirstWord;
    }

    private void ReadTraits(string text, ref Sentence sentence)
    {
        var own = WordsOf(sentence);
        var traits = sentence.Traits;
        for (var at = 0; at < own.Length; at++)
        {
            if ((own[at].Shape & WordShape.Digit) != 0)
            {
                traits |= Calendar.Read(text, own, at);
            }
            else
            {
                var said = PhraseBook.At(own, at);
                traits |= (said & Traits.Problem) != 0 && IsInPath(text, own[at]) ? Traits.None : said;
            }
        }

        // A marker is one only with its colon.
        if ((traits & Traits.Marker) != 0)
        {
            var end = own[0].Start + own[0].Length;
            traits = end < text.Length && text[end] is ':' or '\uFF1A' ? traits : traits & ~Traits.Marker;
        }

        var sentenceEnd = sentence.Start + sentence.Length;
        for (var at = sentenceEnd - 1; at >= sentence.Start && !char.IsLetterOrDigit(text[at]); at--)
        {
            traits |= Scripts.Asks(text[at]) ? Traits.Question : Traits.None;
        }

        var place = sentence.Start;
        if (Artifacts.Next(text, ref place, sentenceEnd, out _))
        {
            traits |= Traits.Artifact;
        }

        sentence.Traits = traits;
    }

    /// <summary>Whether a word is a part of a path or file name: "logs/error.txt" is no error.</summary>
    private static bool IsInPath(string text, in Word word)
    {
        var end = word.Start + word.Length;
        return (word.Start > 0 && text[word.Start - 1] is '/' or '\\' or '.' or '@')
            || (end + 1 < text.Length && text[end] is '/' or '\\' or '.' or '@' && char.IsLetterOrDigit(text[end + 1]));
    }

    private static ulong Root(string text, in Word word)
    {
        var span = text.AsSpan(word.Start, word.Length);
        return word.Length > 3 && span[^1] is 's' or 'S' && span[^2] is '\'' or '\u2019' ? WordHash.Of(span[..^2]) : word.Hash;
    }

    private void FindNames()
    {
        foreach (ref var sentence in Sentences)
        {
            foreach (ref readonly var word in WordsOf(sentence))
            {
                if (word.Term >= 0 && (word.Shape & WordShape.Capital) != 0 && Terms[word.Term].AsName > 0)
                {
                    sentence.Names++;
                }
            }
        }
    }

    /// <summary>Ties a question at the end of what one says to the short answer with which another begins.</summary>
    private void PairAnswers()
    {
        for (var index = 0; index + 1 < sentenceCount; index++)
        {
            ref var question = ref sentences[index];
            ref var answer = ref sentences[index + 1];
            if (answer.Utterance == question.Utterance || (question.Traits & Traits.Question) == 0)
            {
                continue;
            }

            var (asking, answering) = (UtteranceOf(question), UtteranceOf(answer));
            if (asking.Speaker == answering.Speaker || asking.Kind == UtteranceKind.Tool || answering.Kind == UtteranceKind.Tool
                || answer.WordCount is 0 or > ShortAnswer || (answer.Traits & Traits.Question) != 0)
            {
                continue;
            }

            question.Companion = index + 1;
            answer.Companion = index;
            if ((answer.Traits & Traits.Yes) != 0 && answering.Kind == UtteranceKind.Person && asking.Kind == UtteranceKind.Assistant)
            {
                question.Traits |= Traits.Agreed;
            }
        }
    }

    /// <summary>Marks the last question of the person who spoke last: nobody answered it.</summary>
    private void FindOpenQuestion()
    {
        string? speaker = null;
        for (var index = sentenceCount - 1; index >= 0; index--)
        {
            ref var sentence = ref sentences[index];
            var utterance = UtteranceOf(sentence);
            if (utterance.Kind == UtteranceKind.Tool)
            {
                continue;
            }

            if (utterance.Kind != UtteranceKind.Person || utterance.Speaker != (speaker ??= utterance.Speaker))
            {
                return;
            }

            if ((sentence.Traits & (Traits.Question | Traits.Filler)) == Traits.Question && sentence.WordCount > 2)
            {
                sentence.Traits |= Traits.OpenQuestion;
                return;
            }
        }
    }

    /// <summary>Marks failures of tools that were not followed by a success of the same tool.</summary>
    private void FindFailures()
    {
        HashSet<string>? settled = null;
        for (var index = sentenceCount - 1; index >= 0; index--)
        {
            ref var sentence = ref sentences[index];
            var utterance = UtteranceOf(sentence);
            if (utterance.Kind != UtteranceKind.Tool || (sentence.Traits & Traits.Opening) == 0 || !(settled ??= []).Add(utterance.Speaker))
            {
                continue;
            }

            sentence.Traits |= utterance.Failed ? Traits.ToolFailure : Traits.None;
        }
    }
}
