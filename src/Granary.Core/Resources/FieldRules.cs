using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Granary.Core.Messages;

namespace Granary.Core.Resources;

/// <summary>Checks of single fields that name the field, as the caller wrote it, and the rule.</summary>
/// <param name="prefix">What stands before each field's name.</param>
internal readonly struct FieldRules(string prefix)
{
    public FieldRules Within(string path) => new(prefix + path);

    public T Required<T>(string field, T? value)
        where T : class
    {
        if (value is null)
            Refuse(field, "is required");
        return value;
    }

    public void Range(string field, int? value, int min, int max)
    {
        if (value < min || value > max)
            Refuse(field, string.Create(CultureInfo.InvariantCulture, $"must be {min} to {max}"));
    }

    /// <summary>Above 0 up to 1.</summary>
    public void Share(string field, double value)
    {
        if (value is not (> 0 and <= 1))
            Refuse(field, "must be above 0 and at most 1");
    }

    /// <summary>0 to 1.</summary>
    public void ShareOrNone(string field, double value)
    {
        if (value is not (>= 0 and <= 1))
            Refuse(field, "must be 0 to 1");
    }

    public void Defined<T>(string field, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            Refuse(field, $"must be one of {string.Join(", ", Enum.GetNames<T>().Select(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName))}");
    }

    /// <summary>1 to <paramref name="maxLength"/> characters without control characters.</summary>
    public void Name(string field, string? value, int maxLength)
    {
        if (!TextRules.IsName(Required(field, value), maxLength))
            Refuse(field, string.Create(CultureInfo.InvariantCulture, $"must be 1 to {maxLength} characters, none of them a control character"));
    }

    /// <summary>Nothing, or at most <paramref name="maxLength"/> characters of valid Unicode.</summary>
    public void Text(string field, string? value, int maxLength)
    {
        if (value is not null && (value.Length > maxLength || !TextRules.IsWellFormed(value)))
            Refuse(field, string.Create(CultureInfo.InvariantCulture, $"must be at most {maxLength} characters of valid Unicode"));
    }

    [DoesNotReturn]
    public void Refuse(string field, string rule) => throw new InvalidRequestException(prefix + field, rule);
}
