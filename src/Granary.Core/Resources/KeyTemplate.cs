using System.Buffers;
using System.Text;

namespace Granary.Core.Resources;

/// <summary>
/// Makes a session's id of given values: <c>support:{{customer}}:{{topic.name}}</c>. Validates and refuses, never rewrites: two different sets of
/// values never give the same id.
/// </summary>
/// <remarks>
/// That holds because placeholders have a separator between them, a character that is neither letter nor digit, and values may not contain any such
/// character that the template's own text uses. So an id's separators are exactly the template's, and what stands between two of them is at most one
/// value with text of a known length around it.
/// </remarks>
internal sealed class KeyTemplate
{
    /// <summary>Characters of a template.</summary>
    public const int MaxLength = 512;

    private static readonly SearchValues<char> NameChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

    /// <summary>Every character that an id may have, found out from the grammar itself.</summary>
    private static readonly SearchValues<char> IdChars =
        SearchValues.Create([.. Enumerable.Range(0, 128).Select(c => (char)c).Where(c => Ids.IsValid($"{c}a"))]);

    private readonly List<Part> _parts;
    private readonly string _separators;

    private KeyTemplate(List<Part> parts, string separators) => (_parts, _separators) = (parts, separators);

    /// <summary>Reads a template. Text without braces stands for itself.</summary>
    /// <exception cref="InvalidRequestException">It breaks a rule; the field is <c>key_template</c>.</exception>
    public static KeyTemplate Parse(string template)
    {
        ArgumentNullException.ThrowIfNull(template);
        if (template.Length is 0 or > MaxLength)
            throw Refused("must be 1 to 512 characters");

        var parts = new List<Part>();
        var literals = new StringBuilder();
        for (var at = 0; at < template.Length;)
        {
            var open = template.IndexOf("{{", at, StringComparison.Ordinal);
            var literal = template[at..(open < 0 ? template.Length : open)];
            if (literal.Length > 0)
            {
                parts.Add(new Part(LiteralOf(literal), null));
                literals.Append(literal);
            }

            if (open < 0)
                break;

            var close = template.IndexOf("}}", open + 2, StringComparison.Ordinal);
            if (close < 0)
                throw Refused("has '{{' without '}}'");

            parts.Add(new Part(null, NameOf(template.AsSpan(open + 2, close - open - 2))));
            at = close + 2;
        }

        RefuseUnseparated(parts);
        return new KeyTemplate(parts, new string(literals.ToString().Where(c => !char.IsAsciiLetterOrDigit(c)).Distinct().ToArray()));
    }

    /// <summary>The id that the values give. Values that the template does not name are ignored.</summary>
    /// <exception cref="InvalidRequestException">
    /// A value is missing, empty or holds a character that it may not (field <c>key_values.NAME</c>), or the id breaks <see cref="Ids.Rule"/>
    /// (field <c>key_values</c>).
    /// </exception>
    public string Render(IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var id = new StringBuilder();
        foreach (var part in _parts)
            id.Append(part.Literal ?? ValueOf(part.Name!, values));

        var rendered = id.ToString();
        return Ids.IsValid(rendered)
            ? rendered
            : throw new InvalidRequestException("key_values", $"make a session id of {rendered.Length} characters, which {Ids.Rule}");
    }

    private string ValueOf(string name, IReadOnlyDictionary<string, string> values)
    {
        if (!values.TryGetValue(name, out var value) || string.IsNullOrEmpty(value))
            throw new InvalidRequestException($"key_values.{name}", "is required");

        if (value.AsSpan().ContainsAnyExcept(IdChars))
            throw new InvalidRequestException($"key_values.{name}", "may contain only A-Z a-z 0-9 _ . : @ | + = ~ -");

        var separator = value.AsSpan().IndexOfAny(_separators);
        return separator < 0
            ? value
            : throw new InvalidRequestException($"key_values.{name}", $"may not contain '{value[separator]}', which separates values in the key template");
    }

    private static string LiteralOf(string text)
    {
        var wrong = text.AsSpan().IndexOfAnyExcept(IdChars);
        return wrong < 0 ? text : throw Refused(text[wrong] is '{' or '}'
            ? "has a brace that stands alone; a value is written as {{name}}"
            : "may contain only A-Z a-z 0-9 _ . : @ | + = ~ - outside of {{names}}");
    }

    private static string NameOf(ReadOnlySpan<char> inner)
    {
        var name = inner.Trim(' ');
        if (name.StartsWith('.'))
            name = name[1..];

        return name.IsEmpty || name.ContainsAnyExcept(NameChars) || name[0] == '.' || name[^1] == '.' || name.Contains("..", StringComparison.Ordinal)
            ? throw Refused("must have names of A-Z a-z 0-9 _ - between '{{' and '}}', with single dots inside")
            : name.ToString();
    }

    private static void RefuseUnseparated(List<Part> parts)
    {
        var separated = true;
        foreach (var part in parts)
        {
            if (part.Literal is { } literal)
            {
                separated |= literal.Any(c => !char.IsAsciiLetterOrDigit(c));
                continue;
            }

            if (!separated)
                throw Refused("must have a character between two values that is neither letter nor digit; else different values could give the same id");
            separated = false;
        }
    }

    private static InvalidRequestException Refused(string rule) => new("key_template", rule);

    /// <summary>Text as it stands, or the name of a value.</summary>
    private readonly record struct Part(string? Literal, string? Name);
}
