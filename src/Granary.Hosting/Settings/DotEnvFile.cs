using System.Text;

namespace Granary.Hosting.Settings;

/// <summary>
/// Reads a <c>.env</c> file: <c>KEY=VALUE</c> lines, <c>export</c> before them, <c>#</c> comments. A value in single quotes is taken as it
/// is, one in double quotes has the escapes <c>\n \r \t \" \\ \$</c>; without quotes it ends at a comment and loses the blanks around it.
/// </summary>
internal static class DotEnvFile
{
    /// <summary>Reads a file that need not exist.</summary>
    /// <returns>The settings, with <c>__</c> read as the separator of sections.</returns>
    /// <exception cref="SettingException">The file cannot be read, or a line cannot be understood.</exception>
    public static Dictionary<string, string?> Read(string path)
    {
        try
        {
            return File.Exists(path) ? Parse(File.ReadAllText(path), Path.GetFileName(path)) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"The file {Path.GetFileName(path)} cannot be read ({error.Message}): make it readable for this user, or remove it.");
        }
    }

    /// <summary>Parses the text of a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The file's name, for errors.</param>
    public static Dictionary<string, string?> Parse(string text, string name)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var number = 0;
        foreach (var raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var (key, value) = ParseLine(line, $"{name} line {number}");
            settings[key.Replace("__", ":")] = value;
        }

        return settings;
    }

    private static (string Key, string Value) ParseLine(string line, string where)
    {
        if (line.StartsWith("export ", StringComparison.Ordinal))
        {
            line = line["export ".Length..].TrimStart();
        }

        var equals = line.IndexOf('=');
        var key = equals < 0 ? "" : line[..equals].TrimEnd();
        if (key.Length == 0 || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':' or '.' or '-'))
        {
            throw new SettingException($"{where} must be KEY=VALUE.");
        }

        return (key, ParseValue(line[(equals + 1)..].TrimStart(), where));
    }

    private static string ParseValue(string text, string where)
    {
        if (text.Length == 0 || text[0] is not ('\'' or '"'))
        {
            return Unquoted(text);
        }

        var quote = text[0];
        var value = new StringBuilder();
        for (var at = 1; at < text.Length; at++)
        {
            var c = text[at];
            if (c == quote)
            {
                var rest = text[(at + 1)..].TrimStart();
                return rest.Length == 0 || rest[0] == '#' ? value.ToString() : throw new SettingException($"{where} has something after the closing quote.");
            }

            if (c == '\\' && quote == '"' && at + 1 < text.Length)
            {
                c = Unescape(text[++at], value);
            }

            value.Append(c);
        }

        throw new SettingException($"{where} has no closing quote.");
    }

    /// <summary>What an escape stands for; one that is not known stays as it is written.</summary>
    private static char Unescape(char c, StringBuilder value)
    {
        switch (c)
        {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case '"' or '\\' or '$':
                return c;
            default:
                value.Append('\\');
                return c;
        }
    }

    private static string Unquoted(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '#' && (at == 0 || char.IsWhiteSpace(text[at - 1])))
            {
                return text[..at].TrimEnd();
            }
        }

        return text;
    }
}
