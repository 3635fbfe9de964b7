using Granary.Http.Limits;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Identity;

/// <summary>
/// The tenant and the user that a request acts for: what the credential is bound to, else what header and body say. They must agree.
/// </summary>
internal sealed class RequestIdentity(RequestLimits limits)
{
    public const string TenantHeader = "X-Tenant-ID";

    public const string UserHeader = "X-User-ID";

    public const string UserField = "user_id";

    /// <summary>The tenant of the request.</summary>
    /// <exception cref="AccessDeniedException">The key is bound to another one.</exception>
    public static string Tenant(HttpContext context)
    {
        var caller = CallerOf(context);
        var named = RequestValues.Header(context.Request, TenantHeader);
        if (caller.Tenant is { } bound)
        {
            return named is null || named == bound
                ? bound
                : throw new AccessDeniedException(ErrorCodes.Forbidden, "The key is bound to another tenant.");
        }

        return named is null ? Ids.DefaultTenant : Ids.Require(named, TenantHeader);
    }

    /// <summary>The name of the caller's key, or anonymous; for audits.</summary>
    public static string Actor(HttpContext context) => CallerOf(context).Name;

    /// <summary>The user of the request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="named">The user that the body or the query names, or null.</param>
    /// <param name="field">The field that names it.</param>
    /// <exception cref="InvalidRequestException">Nothing names a user, or header and body name different ones.</exception>
    /// <exception cref="AccessDeniedException">The key is bound to another one.</exception>
    public UserKey User(HttpContext context, string? named = null, string field = UserField) =>
        FindUser(context, named, field) ?? throw new InvalidRequestException(field, "is required (or the header X-User-ID)");

    /// <summary>The user of the request, or null if neither credential nor request names one.</summary>
    public UserKey? FindUser(HttpContext context, string? named = null, string field = UserField)
    {
        var user = Resolve(context, named, field);
        if (user is { } key)
        {
            limits.AcquireUser(key);
        }

        return user;
    }

    /// <summary>Refuses a user that the envelope of a batch names against header or credential; its items count, not the envelope.</summary>
    public static void RequireAgreement(HttpContext context, string? named)
    {
        if (named is not null)
        {
            Resolve(context, named, UserField);
        }
    }

    /// <summary>The session of the request, by the user and an id from the path or the body.</summary>
    public SessionKey Session(HttpContext context, string? session, string? named = null, string prefix = "")
    {
        var user = User(context, named, prefix + UserField);
        return new SessionKey(user.Tenant, user.User, Ids.Require(session, prefix + "session_id"));
    }

    internal static void SetCaller(HttpContext context, Caller caller) => context.Features.Set(caller);

    private static UserKey? Resolve(HttpContext context, string? named, string field)
    {
        var tenant = Tenant(context);
        var header = RequestValues.Header(context.Request, UserHeader);
        if (named is not null && header is not null && named != header)
        {
            throw new InvalidRequestException(field, "differs from the header X-User-ID");
        }

        var bound = CallerOf(context).User;
        if (bound is not null && (named ?? header ?? bound) != bound)
        {
            throw new AccessDeniedException(ErrorCodes.Forbidden, "The key is bound to another user.");
        }

        var user = named is not null ? Ids.Require(named, field) : header is not null ? Ids.Require(header, UserHeader) : bound;
        return user is null ? null : new UserKey(tenant, user);
    }

    private static Caller CallerOf(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request did not come through Granary's middleware.");
}
