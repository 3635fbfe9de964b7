using System.Buffers;
using System.Globalization;
using System.Text;

namespace Granary.Llm.Functions;

/// <summary>
/// Gives the arguments of one function names that every provider takes. Anthropic is the strictest: it refuses the whole request, whatever it is about, if one
/// argument of one tool is not 1 to 64 letters, digits, <c>_</c>, <c>.</c> and <c>-</c>.
/// </summary>
/// <param name="known">All names of the function's arguments as they are: those that can stay do, and no made one takes their place.</param>
internal sealed class ArgumentNames(IEnumerable<string> known)
{
    private const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    private readonly HashSet<string> reserved = known.Where(IsValid).ToHashSet(StringComparer.Ordinal);
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);

    /// <summary>Whether the name can be used as it is.</summary>
    public static bool IsValid(string name) => name is { Length: > 0 and <= MaxLength } && !name.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>A name that no other argument has: the one given, or one like it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="kind">A word, made of allowed characters, that tells it from another one of that name.</param>
    public string Fit(string name, string kind)
    {
        if (IsValid(name) && taken.Add(name))
        {
            return name;
        }

        var like = Like(name) is { Length: > 0 } clean ? clean : kind;
        for (var number = IsValid(name) ? 1 : 0; ; number++)
        {
            var end = number switch { 0 => "", 1 => "_" + kind, _ => string.Create(CultureInfo.InvariantCulture, $"_{kind}_{number}") };
            var made = like[..Math.Min(like.Length, MaxLength - end.Length)] + end;
            if (!reserved.Contains(made) && taken.Add(made))
            {
                return made;
            }
        }
    }

    /// <summary>The allowed characters, with one <c>_</c> for those between.</summary>
    private static string Like(string name)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            if (Allowed.Contains(character))
            {
                clean.Append(character);
            }
            else if (clean.Length > 0 && clean[^1] != '_')
            {
                clean.Append('_');
            }
        }

        return clean.ToString().TrimEnd('_');
    }
}
