using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Granary.Orleans.Serialization;

/// <summary>
/// The JSON in which contracts pass between silos: by name, so that silos of two releases understand each other. Unlike the JSON of the HTTP API it
/// holds every property, also those that answers leave out.
/// </summary>
internal static class ContractJson
{
    public static JsonSerializerOptions Options { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Complete } },

            // A number or an enum's value that no rule allows must reach the rule that says so.
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Converters = { new RawJsonConverter(), new JsonStringEnumConverter() },
        };
        options.MakeReadOnly();
        return options;
    }

    /// <summary>Adds the properties that carry <see cref="JsonIgnoreAttribute"/> for the sake of the HTTP API.</summary>
    private static void Complete(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || !ContractTypes.Contains(type.Type))
        {
            return;
        }

        foreach (var property in type.Type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property is { CanRead: true, CanWrite: true }
                && property.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: JsonIgnoreCondition.Always })
            {
                // The one that is there already stands for "ignored".
                if (type.Properties.FirstOrDefault(p => p.Name == property.Name) is { } ignored)
                {
                    type.Properties.Remove(ignored);
                }

                var added = type.CreateJsonPropertyInfo(property.PropertyType, property.Name);
                added.Get = property.GetValue;
                added.Set = property.SetValue;
                type.Properties.Add(added);
            }
        }
    }
}
