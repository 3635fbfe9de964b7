namespace Granary.Llm.Streaming;

/// <summary>Keeps a character whole whose two UTF-16 units come in two pieces of text: the first waits for the second.</summary>
internal struct SurrogateJoin
{
    private char high;

    /// <summary>The text that is whole by now.</summary>
    public string Add(string text)
    {
        if (high == default && !char.IsHighSurrogate(text[^1]))
        {
            return text;
        }

        text = high == default ? text : high + text;
        high = default;
        if (char.IsHighSurrogate(text[^1]))
        {
            high = text[^1];
            text = text[..^1];
        }

        return text;
    }
}
