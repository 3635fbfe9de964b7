using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core.Tokens;
using Granary.Llm.Functions;

namespace Granary.Llm.Models;

/// <summary>Divides content that is too large for one call. But for JSON arrays, whose parts are arrays again, the parts joined are the content.</summary>
internal static class ContentParts
{
    /// <summary>How much of a part may be given up for an end that reads better: none of its first half.</summary>
    private const int Halves = 2;

    private static readonly string[] Ends = ["\n\n", "\n", " "];

    /// <summary>The parts, in order; one, as it is, where nothing need be divided.</summary>
    /// <param name="content">The content.</param>
    /// <param name="options">How to divide.</param>
    /// <param name="tokens">Counts tokens.</param>
    /// <param name="model">The model whose tokens are counted.</param>
    public static IReadOnlyList<string> Of(string content, LargeContentOptions options, ITokenCounter tokens, string? model) => options.Unit switch
    {
        ContentUnit.Records => Elements(content) is { } list ? Arrays(content, list, options.Size) : Lines(content, options.Size),
        ContentUnit.Tokens => Cut(content, (text, start) => FitTokens(text, start, options.Size, tokens, model)),
        _ => Cut(content, (text, start) => Math.Min(options.Size, text.Length - start)),
    };

    private static List<string> Cut(string content, Func<string, int, int> fit)
    {
        var parts = new List<string>();
        var start = 0;
        do
        {
            var length = fit(content, start);
            if (start + length < content.Length)
            {
                length = Readable(content.AsSpan(start), length);
            }

            parts.Add(content.Substring(start, length));
            start += length;
        }
        while (start < content.Length);
        return parts;
    }

    /// <summary>A length up to a limit that ends a paragraph, a line or a word, or at least no half of a character; 1 or more.</summary>
    private static int Readable(ReadOnlySpan<char> text, int limit)
    {
        foreach (var end in Ends)
        {
            var found = text[..limit].LastIndexOf(end);
            if (found >= 0 && found + end.Length >= (limit + 1) / Halves)
            {
                return found + end.Length;
            }
        }

        // A limit of one character leaves no room for a pair: it goes as a whole.
        return TextCut.Keep(text, limit) is > 0 and var kept ? kept : Math.Min(2, text.Length);
    }

    /// <summary>How many characters have no more tokens than may be: the estimate grows with the text, so halving finds it.</summary>
    private static int FitTokens(string text, int start, int limit, ITokenCounter tokens, string? model)
    {
        // Doubled until it does not fit: to begin with all that is left would count the whole content for each part.
        var (fits, fails) = (1, 2L * limit);
        for (; fails < text.Length - start && Fits((int)fails); fails *= 2)
        {
            fits = (int)fails;
        }

        fails = Math.Min(fails, text.Length - start);
        if (Fits((int)fails))
        {
            return (int)fails;
        }

        while (fails - fits > 1)
        {
            var middle = (int)((fits + fails) / 2);
            if (Fits(middle))
            {
                fits = middle;
            }
            else
            {
                fails = middle;
            }
        }

        return fits;

        bool Fits(int length) => tokens.Count(text.Substring(start, length), model) <= limit;
    }

    private static JsonArray? Elements(string content)
    {
        try
        {
            return content.AsSpan().TrimStart().StartsWith("[") ? JsonNode.Parse(content) as JsonArray : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IReadOnlyList<string> Arrays(string content, JsonArray list, int size) => list.Count <= size
        ? [content]
        : [.. list.Chunk(size).Select(some => "[" + string.Join(',', some.Select(static element => element?.ToJsonString(FunctionJson.Options) ?? "null")) + "]")];

    private static List<string> Lines(string content, int size)
    {
        var parts = new List<string>();
        var (start, records) = (0, 0);
        for (var at = 0; at < content.Length;)
        {
            var end = content.IndexOf('\n', at) is >= 0 and var found ? found + 1 : content.Length;
            if (!content.AsSpan(at, end - at).IsWhiteSpace() && ++records > size)
            {
                parts.Add(content[start..at]);
                (start, records) = (at, 1);
            }

            at = end;
        }

        parts.Add(content[start..]);
        return parts;
    }
}
