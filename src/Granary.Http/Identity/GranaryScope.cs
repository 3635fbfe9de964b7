using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary.Http.Identity;

/// <summary>Who may call a route. Every route declares one; a route that declares none is refused.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<GranaryScope>))]
public enum GranaryScope
{
    /// <summary>Anyone: health, the API's description.</summary>
    Open,

    /// <summary>Whoever may act for the user that the request names: the user's key, or a service key of the tenant.</summary>
    User,

    /// <summary>A service key of the tenant: what concerns all its users, such as memory resources.</summary>
    Tenant,

    /// <summary>A service key of any tenant: figures of the process.</summary>
    Service,

    /// <summary>A service key whose scopes say so: changes what holds for all tenants, such as the memory providers.</summary>
    Admin,
}
