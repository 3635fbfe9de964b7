namespace Granary.Llm.Streaming;

/// <summary>How much of one answer is held in memory. An upstream that never ends is refused before it fills that.</summary>
internal sealed class AnswerSize
{
    /// <summary>Characters of text, reasoning and arguments together, 2 bytes each: as much memory as a whole answer's body may take (64 MiB).</summary>
    private const int Max = 32 * 1024 * 1024;

    private int used;

    /// <summary>More is held.</summary>
    /// <exception cref="InvalidDataException">That is too much.</exception>
    public void Add(int characters)
    {
        if (characters > Max - used)
        {
            throw new InvalidDataException($"The answer is larger than {Max / (1024 * 1024) * sizeof(char)} MiB.");
        }

        used += characters;
    }
}
