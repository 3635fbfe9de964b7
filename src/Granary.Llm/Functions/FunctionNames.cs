using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Llm.Functions;

/// <summary>The grammar of function names: what every provider takes.</summary>
internal static class FunctionNames
{
    /// <summary>The longest name, in characters (OpenAI, Anthropic and Gemini all take 64).</summary>
    public const int MaxLength = 64;

    private const int HashLength = 6;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>Whether the name can be used as it is.</summary>
    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength } && (char.IsAsciiLetter(name[0]) || name[0] == '_') && !name.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Returns the name if it can be used.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static string Require(string? name) =>
        IsValid(name) ? name! : throw new ArgumentException($"The function name '{name}' must be 1 to {MaxLength} of A-Z a-z 0-9 _ and -, beginning with a letter or _ (which Gemini wants).", nameof(name));

    /// <summary>
    /// A usable name that is like the one given. Where something had to be changed, a hash of the whole name is at its end, so that two names
    /// that differ only in what was changed stay two.
    /// </summary>
    public static string From(string name)
    {
        if (IsValid(name))
        {
            return name;
        }

        var clean = new StringBuilder(MaxLength);
        if (name.Length > 0 && (char.IsAsciiDigit(name[0]) || name[0] == '-'))
        {
            clean.Append('_');
        }

        foreach (var character in name.AsSpan(0, Math.Min(name.Length, MaxLength - HashLength - 1 - clean.Length)))
        {
            clean.Append(Allowed.Contains(character) ? character : '_');
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        return clean.Append('_').Append(Convert.ToHexStringLower(hash), 0, HashLength).ToString();
    }
}
