using System.Globalization;
using System.Text;

namespace Granary.Core.Users.Records;

/// <summary>
/// Unicode's composed normal form, NFC (UAX #15), so that an accented letter is the same however it was typed. The framework's own is no help: where
/// globalization is invariant, as here, it leaves text as it is.
/// </summary>
internal static partial class ComposedText
{
    // Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Trails = 28;
    private const int Syllables = Leads * Vowels * Trails;

    /// <summary>Below it no character is changed, or changes another.</summary>
    private const char FirstOfInterest = '\u0300';

    private static readonly Lazy<Tables> Data = new(static () => new Tables());

    /// <summary>The text in its composed form.</summary>
    /// <param name="text">Valid UTF-16.</param>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstOfInterest, '\uFFFF'))
        {
            return text;
        }

        var tables = Data.Value;
        var runes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            tables.Decompose(rune.Value, runes);
        }

        tables.Order(runes);
        var composed = new StringBuilder(text.Length);
        foreach (var rune in tables.Compose(runes))
        {
            composed.Append(new Rune(rune).ToString());
        }

        return composed.ToString();
    }

    private sealed class Tables
    {
        private readonly Dictionary<int, (int First, int Second)> _parts = [];
        private readonly Dictionary<(int First, int Second), int> _wholes = [];
        private readonly Dictionary<int, byte> _classes = [];

        public Tables()
        {
            foreach (var (second, first, whole) in Read(Pairs))
            {
                _parts[whole] = (first, second);
                _wholes[(first, second)] = whole;
            }

            foreach (var (second, first, whole) in Read(Decomposed))
            {
                _parts[whole] = (first, second);
            }

            foreach (var item in Singles.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
            {
                var (character, stands) = Split(item, '=');
                _parts[character] = (stands, 0);
            }

            foreach (var line in Classes.Split('\n'))
            {
                var items = line.Trim().Split(' ');
                var number = byte.Parse(items[0].TrimEnd(':'), CultureInfo.InvariantCulture);
                foreach (var item in items.Skip(1))
                {
                    var (from, to) = Split(item, '-');
                    for (var character = from; character <= to; character++)
                    {
                        _classes[character] = number;
                    }
                }
            }
        }

        public void Decompose(int character, List<int> into)
        {
            var syllable = character - SyllableBase;
            if (syllable is >= 0 and < Syllables)
            {
                into.Add(LeadBase + (syllable / (Vowels * Trails)));
                into.Add(VowelBase + (syllable % (Vowels * Trails) / Trails));
                if (syllable % Trails != 0)
                {
                    into.Add(TrailBase + (syllable % Trails));
                }
            }
            else if (_parts.TryGetValue(character, out var parts))
            {
                Decompose(parts.First, into);
                if (parts.Second != 0)
                {
                    Decompose(parts.Second, into);
                }
            }
            else
            {
                into.Add(character);
            }
        }

        /// <summary>Puts marks that follow a character into the order of their classes; those of one class keep theirs.</summary>
        public void Order(List<int> runes)
        {
            for (var from = 0; from < runes.Count; from++)
            {
                var to = from;
                while (to < runes.Count && ClassOf(runes[to]) != 0)
                {
                    to++;
                }

                if (to - from > 1)
                {
                    var ordered = runes.GetRange(from, to - from).OrderBy(ClassOf).ToList();
                    for (var i = from; i < to; i++)
                    {
                        runes[i] = ordered[i - from];
                    }
                }

                from = to;
            }
        }

        public List<int> Compose(List<int> runes)
        {
            var composed = new List<int>(runes.Count);
            var starter = -1;
            byte last = 0;
            foreach (var rune in runes)
            {
                var number = ClassOf(rune);

                // A mark is blocked by one of the same class or higher between it and the character that it would join.
                var blocked = starter < composed.Count - 1 && (last == 0 || last >= number);
                if (starter >= 0 && !blocked && Whole(composed[starter], rune) is var whole and > 0)
                {
                    composed[starter] = whole;
                    continue;
                }

                if (number == 0)
                {
                    starter = composed.Count;
                }

                last = number;
                composed.Add(rune);
            }

            return composed;
        }

        private int Whole(int first, int second)
        {
            if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
            {
                return SyllableBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Trails);
            }

            if (first is >= SyllableBase and < SyllableBase + Syllables && (first - SyllableBase) % Trails == 0 && second is > TrailBase and < TrailBase + Trails)
            {
                return first + second - TrailBase;
            }

            return _wholes.GetValueOrDefault((first, second));
        }

        private byte ClassOf(int character) => character < FirstOfInterest ? (byte)0 : _classes.GetValueOrDefault(character);

        private static IEnumerable<(int Second, int First, int Whole)> Read(string lines)
        {
            foreach (var line in lines.Split('\n'))
            {
                var items = line.Trim().Split(' ');
                var second = Hex(items[0].TrimEnd(':'));
                foreach (var item in items.Skip(1))
                {
                    var (first, whole) = Split(item, '=');
                    yield return (second, first, whole);
                }
            }
        }

        private static (int, int) Split(string item, char sign)
        {
            var at = item.IndexOf(sign, StringComparison.Ordinal);
            return at < 0 ? (Hex(item), Hex(item)) : (Hex(item[..at]), Hex(item[(at + 1)..]));
        }

        private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
