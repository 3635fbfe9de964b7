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

    /// <summary>
    /// What is answered. A message's metadata may be as deep as a request allows, and an answer wraps it in some more levels.
    /// </summary>
    public static GranaryJson Read { get; } = new(new JsonSerializerOptions(GranaryJson.Default.Options)
    {
        MaxDepth = 128,
    });
}
