using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Serialization;

/// <summary>Writes an enum as its name in capitals and reads names only, never numbers.</summary>
/// <typeparam name="T">The enum.</typeparam>
public sealed class UpperCaseEnumConverter<T> : JsonStringEnumConverter<T>
    where T : struct, Enum
{
    /// <summary>Makes the converter.</summary>
    public UpperCaseEnumConverter()
        : base(JsonNamingPolicy.SnakeCaseUpper, allowIntegerValues: false)
    {
    }
}
