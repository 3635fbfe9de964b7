using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>What kind of thing a <see cref="MediaReference"/> points at.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MediaKind>))]
public enum MediaKind
{
    /// <summary>A picture.</summary>
    Image,

    /// <summary>A sound.</summary>
    Audio,

    /// <summary>A film.</summary>
    Video,

    /// <summary>Any other file.</summary>
    File,
}

/// <summary>A reference to media that belongs to a message.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Url">Where it is: an absolute address or a <c>data:</c> address.</param>
/// <param name="MimeType">Its media type (RFC 6838), if known.</param>
/// <param name="Description">What it shows, in words: counted and recalled like text.</param>
public sealed record MediaReference(
    MediaKind Type,
    string Url,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? MimeType = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description = null);
