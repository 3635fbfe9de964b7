using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Granary.Http.Endpoints;

/// <summary>Conditional requests (RFC 9110, section 13) over the ETags of the memory, which are strong.</summary>
internal static class Conditions
{
    private const string Any = "*";

    /// <summary>The one ETag that the session must have for the request to go on, or null for any.</summary>
    /// <exception cref="PreconditionFailedException">It has none of those given.</exception>
    public static ValueTask<string?> IfMatchAsync(HttpContext context, ISessionMemory session)
    {
        var given = context.Request.Headers.IfMatch;
        return given.Count == 0 ? default : ResolveAsync(given, async () => (await session.GetInfoAsync(context.RequestAborted)).ETag);
    }

    /// <summary>The same for a memory resource.</summary>
    public static ValueTask<string?> IfMatchAsync(HttpContext context, IResourceCatalog catalog, string name)
    {
        var given = context.Request.Headers.IfMatch;
        return given.Count == 0 ? default : ResolveAsync(given, async () => (await catalog.GetAsync(name, context.RequestAborted)).ETag);
    }

    /// <summary>Whether the caller has the current state already, so that the answer is 304.</summary>
    public static bool IsNotModified(HttpRequest request, string etag)
    {
        var given = request.Headers.IfNoneMatch;
        if (given.Count == 0)
        {
            return false;
        }

        var current = new EntityTagHeaderValue(etag);
        return Parse(given, "If-None-Match").Any(tag => tag.Tag == Any || tag.Compare(current, useStrongComparison: false));
    }

    /// <summary>Whether the request says <c>If-None-Match: *</c>: there must be nothing yet.</summary>
    public static bool RequiresNone(HttpRequest request)
    {
        var given = request.Headers.IfNoneMatch;
        return given.Count != 0 && (given == Any ? true : throw new InvalidRequestException("If-None-Match", "must be *"));
    }

    private static async ValueTask<string?> ResolveAsync(StringValues given, Func<Task<string>> read)
    {
        var tags = Parse(given, "If-Match");
        if (tags is [{ IsWeak: false } only] && only.Tag != Any)
        {
            // The usual case: the memory itself compares, in the same step as the change.
            return only.Tag.ToString();
        }

        string current;
        try
        {
            current = await read();
        }
        catch (NotFoundException)
        {
            throw new PreconditionFailedException(null);
        }

        if (tags.Any(tag => tag.Tag == Any))
        {
            return null;
        }

        return tags.Any(tag => tag.Compare(new EntityTagHeaderValue(current), useStrongComparison: true))
            ? current
            : throw new PreconditionFailedException(current);
    }

    private static IList<EntityTagHeaderValue> Parse(StringValues given, string header) =>
        EntityTagHeaderValue.TryParseStrictList(given!, out var tags)
            ? tags
            : throw new InvalidRequestException(header, "must be * or ETags in quotes");
}
