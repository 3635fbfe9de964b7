using System.Security.Cryptography;
using System.Text;

namespace Granary.Llm.Rendering.Repairs;

/// <summary>Ids of tool calls as a dialect takes them. The same id always becomes the same, so calls and results stay together.</summary>
internal static class ToolCallIds
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The id itself if it is of letters, digits, <c>_</c> and <c>-</c> and not too long; otherwise one made from it.</summary>
    public static string Fit(string id, int maxLength) =>
        id.Length > 0 && id.Length <= maxLength && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? id : "call_" + Digits(id, 22);

    /// <summary>
    /// The id itself if it is of nine letters and digits, as Mistral wants it (mistral-common, <c>MistralRequestValidatorV3</c>); otherwise nine made from it.
    /// </summary>
    public static string Nine(string id) => id.Length == 9 && id.All(char.IsAsciiLetterOrDigit) ? id : Digits(id, 9);

    private static string Digits(string id, int count)
    {
        var number = BitConverter.ToUInt128(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
        return string.Create(count, number, (digits, rest) =>
        {
            for (var index = 0; index < digits.Length; index++)
            {
                (rest, var digit) = UInt128.DivRem(rest, (UInt128)Alphabet.Length);
                digits[index] = Alphabet[(int)digit];
            }
        });
    }
}
