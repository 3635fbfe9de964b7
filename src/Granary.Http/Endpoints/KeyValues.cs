namespace Granary.Http.Endpoints;

/// <summary>Values for key templates, as requests bring them.</summary>
internal static class KeyValues
{
    /// <summary>Refuses values that are null: the serializer checks properties, but not what dictionaries hold.</summary>
    public static void Require(IReadOnlyDictionary<string, string>? values)
    {
        foreach (var (name, value) in values ?? new Dictionary<string, string>())
        {
            if (value is null)
            {
                throw new InvalidRequestException($"key_values.{name}", "must be a string");
            }
        }
    }
}
