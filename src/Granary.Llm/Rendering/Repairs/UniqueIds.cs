using System.Globalization;

namespace Granary.Llm.Rendering.Repairs;

/// <summary>Ids of one conversation's calls, of which some models give the same again and again.</summary>
internal sealed class UniqueIds
{
    /// <summary>Each id that is taken, and the number to try next for another like it: without it, every repetition would count from the beginning.</summary>
    private readonly Dictionary<string, int> taken = new(StringComparer.Ordinal);

    /// <summary>The id, numbered if it is taken.</summary>
    public string Next(string id)
    {
        var wanted = string.IsNullOrEmpty(id) ? "call" : id;
        if (taken.TryAdd(wanted, 2))
            return wanted;

        var number = taken[wanted];
        string unique;
        do
        {
            unique = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{number++}");
        }
        while (!taken.TryAdd(unique, 2));

        taken[wanted] = number;
        return unique;
    }
}
