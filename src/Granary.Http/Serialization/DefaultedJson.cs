using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Serialization;
using Granary.Wire;

namespace Granary.Http.Serialization;

/// <summary>
/// Reads requests whose properties have defaults other than zero. Generated code sets every init-only property, also one that the JSON does
/// not have, and so loses its default; reflection leaves it alone. These requests are rare, so what that costs does not matter.
/// </summary>
internal static class DefaultedJson
{
    private static readonly JsonSerializerOptions Options = new(GranaryJson.Default.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    public static JsonTypeInfo<StartSessionRequest> StartSessionRequest { get; } = Of<StartSessionRequest>();

    public static JsonTypeInfo<MemoryResource> MemoryResource { get; } = Of<MemoryResource>();

    public static JsonTypeInfo<ResourceImportRequest> ResourceImportRequest { get; } = Of<ResourceImportRequest>();

    private static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
}
