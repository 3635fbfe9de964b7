namespace Granary.Llm.Models;

/// <summary>Finds JSON in what a model wrote around it: the whole text, a fence that says json, any fence, what stands between the first brace and the last.</summary>
internal static class JsonCascade
{
    private const string Fence = "```";

    /// <summary>The stretches of a text that may be JSON, the likeliest first.</summary>
    public static IEnumerable<string> Candidates(string text)
    {
        var whole = text.Trim().TrimStart('\uFEFF');
        if (whole.Length == 0)
        {
            yield break;
        }

        yield return whole;
        var fences = Fences(whole);
        foreach (var (language, body) in fences)
        {
            if (language.Equals("json", StringComparison.OrdinalIgnoreCase))
            {
                yield return body;
            }
        }

        foreach (var (language, body) in fences)
        {
            if (!language.Equals("json", StringComparison.OrdinalIgnoreCase))
            {
                yield return body;
            }
        }

        var first = whole.IndexOf('{', StringComparison.Ordinal);
        var last = whole.LastIndexOf('}');
        if (first >= 0 && last > first && (first > 0 || last < whole.Length - 1))
        {
            yield return whole[first..(last + 1)];
        }
    }

    private static List<(string Language, string Body)> Fences(string text)
    {
        var fences = new List<(string Language, string Body)>();
        for (var start = text.IndexOf(Fence, StringComparison.Ordinal); start >= 0;)
        {
            var line = text.IndexOf('\n', start);
            if (line < 0)
            {
                break;
            }

            // An end that never comes is the answer's end: the model ran out of tokens or forgot it.
            var end = text.IndexOf(Fence, line, StringComparison.Ordinal);
            fences.Add((text[(start + Fence.Length)..line].Trim(), text[line..(end < 0 ? text.Length : end)].Trim()));
            start = end < 0 ? -1 : text.IndexOf(Fence, end + Fence.Length, StringComparison.Ordinal);
        }

        return fences;
    }
}
