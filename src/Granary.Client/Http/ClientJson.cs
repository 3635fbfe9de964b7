using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary.Client.Http;

/// <summary>The API's JSON as a client needs it, from the same generated code as the service's.</summary>
internal static class ClientJson
{
    /// <summary>What is sent: without the fields that were not given.</summary>
    public static GranaryJson Write { get; } = new(new JsonSerializerOptions(GranaryJson.Default.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    });

    /// <summary>What is answered.</summary>
    public static GranaryJson Read => GranaryJson.Default;
}
