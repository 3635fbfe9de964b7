using Granary.Http.Serialization;

namespace Granary.Http.Documentation;

/// <summary>What the API's description says of a route. Metadata of its endpoint.</summary>
/// <param name="Tag">The group of routes that it belongs to.</param>
/// <param name="Summary">What it does, in one line.</param>
internal sealed record RouteDescription(string Tag, string Summary)
{
    /// <summary>What else a caller must know.</summary>
    public string? Details { get; init; }

    /// <summary>The type of the body, or null if there is none.</summary>
    public Type? Body { get; init; }

    public bool BodyOptional { get; init; }

    public string BodyContentType { get; init; } = MediaTypes.Json;

    /// <summary>Answers other than problems.</summary>
    public IReadOnlyList<RouteAnswer> Answers { get; init; } = [];

    /// <summary>Headers and query parameters; those in the path are taken from the pattern.</summary>
    public IReadOnlyList<RouteParameter> Parameters { get; init; } = [];

    /// <summary>Statuses of the problems that are particular to the route.</summary>
    public IReadOnlyList<int> Problems { get; init; } = [];
}

/// <summary>An answer of a route.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">The body, or null for none.</param>
/// <param name="Description">When it comes.</param>
internal sealed record RouteAnswer(int Status, Type? Type, string Description)
{
    public string ContentType { get; init; } = MediaTypes.Json;

    /// <summary>Headers that the answer has, with what they mean.</summary>
    public IReadOnlyList<(string Name, string Description)> Headers { get; init; } = [];
}

/// <summary>A parameter of a route.</summary>
/// <param name="Name">Its name.</param>
/// <param name="InHeader">Whether it is a header; otherwise it is in the query.</param>
/// <param name="Type">Its type.</param>
/// <param name="Description">What it does.</param>
internal sealed record RouteParameter(string Name, bool InHeader, Type Type, string Description)
{
    /// <summary>Every route but the open ones takes it.</summary>
    public static readonly RouteParameter Tenant = new("X-Tenant-ID", true, typeof(string), "The tenant, where no key is bound to one; default by default.");

    public static readonly RouteParameter User = new("X-User-ID", true, typeof(string), "The user, where neither key nor body names one; all that name one must agree.");

    public static readonly RouteParameter IdempotencyKey = new("Idempotency-Key", true, typeof(string), "1-255 visible ASCII characters. Makes the call safe to repeat within the session: a repeat gets the first answer.");

    public static readonly RouteParameter IfMatch = new("If-Match", true, typeof(string), "ETags, one of which the session must have, or *.");

    public static RouteParameter Query<T>(string name, string description) => new(name, false, typeof(T), description);
}
