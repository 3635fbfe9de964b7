using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>What a provider of a chain is at.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ProviderStatus>))]
public enum ProviderStatus
{
    /// <summary>Known; its health was not checked yet.</summary>
    Registered,

    /// <summary>Its last check was well.</summary>
    Active,

    /// <summary>Disabled, or passed over by an administrator until it is enabled again.</summary>
    Inactive,

    /// <summary>Its last check was not well: it is asked only when no other is left.</summary>
    Error,

    /// <summary>Not known here: this process has no such connection, or could not check it for a long time.</summary>
    Unknown,
}
