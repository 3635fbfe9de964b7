using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>What a memory provider is asked to do.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MemoryOperation>))]
public enum MemoryOperation
{
    /// <summary>Keep a memory.</summary>
    Remember,

    /// <summary>Find what fits.</summary>
    Recall,

    /// <summary>Read a memory.</summary>
    Get,

    /// <summary>Delete a memory.</summary>
    Delete,

    /// <summary>List a user's memories.</summary>
    List,

    /// <summary>Delete all of a user.</summary>
    Erase,

    /// <summary>Say how it is.</summary>
    HealthCheck,
}
