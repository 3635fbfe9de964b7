using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Serialization;

/// <summary>Writes an enum as its kebab-case name and reads names only, never numbers.</summary>
/// <typeparam name="T">The enum.</typeparam>
public sealed class KebabCaseEnumConverter<T> : JsonStringEnumConverter<T>
    where T : struct, Enum
{
    /// <summary>Makes the converter.</summary>
    public KebabCaseEnumConverter()
        : base(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    {
    }
}
