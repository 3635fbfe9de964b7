namespace Granary.Llm.Streaming;

/// <summary>Tells whether pieces of JSON text are a whole object or array by now. Counts brackets; checks nothing else.</summary>
internal struct JsonBalance
{
    private int depth;
    private bool any;
    private bool inString;
    private bool escaped;

    /// <summary>Whether what came so far is whole.</summary>
    public readonly bool IsWhole => any && depth == 0 && !inString;

    /// <summary>Takes the next piece.</summary>
    public void Add(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (escaped)
            {
                escaped = false;
            }
            else if (inString)
            {
                inString = c != '"';
                escaped = c == '\\';
            }
            else
            {
                inString = c == '"';
                depth += c is '{' or '[' ? 1 : c is '}' or ']' ? -1 : 0;
                any |= !char.IsWhiteSpace(c);
            }
        }
    }
}
