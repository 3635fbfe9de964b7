using System.Security.Cryptography;
using System.Text;

namespace Granary.Providers.Mem0;

/// <summary>Users as the service knows them: tenant and user in one id, so that tenants never mix.</summary>
internal static class Mem0Users
{
    /// <summary>Characters of an id, so that ids of memories that services make of it stay short too.</summary>
    private const int MaxLength = 64;

    /// <summary>
    /// <c>{tenant}:{user}</c>, with <c>~0</c> and <c>~1</c> for <c>~</c> and <c>:</c> in the tenant, so that the first colon parts them; where that is too
    /// long <c>~2:</c> and half of a SHA-256 of both.
    /// </summary>
    public static string Of(UserKey user)
    {
        var id = $"{user.Tenant.Replace("~", "~0", StringComparison.Ordinal).Replace(":", "~1", StringComparison.Ordinal)}:{user.User}";
        return id.Length <= MaxLength ? id
            : "~2:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{user.Tenant}\n{user.User}")).AsSpan(0, 16));
    }
}
