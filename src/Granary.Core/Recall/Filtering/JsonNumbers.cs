using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Granary.Core.Recall.Filtering;

/// <summary>Compares numbers of JSON by their exact value, whatever their size and however many digits they have.</summary>
internal static class JsonNumbers
{
    /// <summary>Compares two numbers: below zero, zero or above, as the first is less, equal or greater.</summary>
    public static int Compare(JsonElement a, JsonElement b)
    {
        if (a.TryGetInt64(out var smallA) && b.TryGetInt64(out var smallB))
        {
            return smallA.CompareTo(smallB);
        }

        var (signA, digitsA, pointA) = Read(a.GetRawText());
        var (signB, digitsB, pointB) = Read(b.GetRawText());
        if (signA != signB || signA == 0)
        {
            return signA.CompareTo(signB);
        }

        // Digits begin behind the point and end with the last that is not zero: of two with the same point the order of texts is that of values.
        var size = pointA.CompareTo(pointB);
        return signA * (size != 0 ? size : Math.Sign(string.CompareOrdinal(digitsA, digitsB)));
    }

    /// <summary>A number as sign, digits d₁d₂… without zeros around, and point: 0.d₁d₂… times ten to that power.</summary>
    private static (int Sign, string Digits, BigInteger Point) Read(string number)
    {
        var exponentAt = number.AsSpan().IndexOfAny('e', 'E');
        var mantissa = number.AsSpan(0, exponentAt < 0 ? number.Length : exponentAt).TrimStart('-');
        var dot = mantissa.IndexOf('.');
        var whole = dot < 0 ? mantissa.Length : dot;
        var all = dot < 0 ? mantissa.ToString() : string.Concat(mantissa[..dot], mantissa[(dot + 1)..]);
        var digits = all.TrimStart('0');
        if (digits.Length == 0)
        {
            return (0, "", BigInteger.Zero);
        }

        var exponent = exponentAt < 0 ? BigInteger.Zero : BigInteger.Parse(number.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return (number[0] == '-' ? -1 : 1, digits.TrimEnd('0'), exponent + whole - (all.Length - digits.Length));
    }
}
