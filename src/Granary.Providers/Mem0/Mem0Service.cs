using System.Globalization;
using System.Net;

namespace Granary.Providers.Mem0;

/// <summary>The routes of a service, of whichever version it has.</summary>
internal sealed class Mem0Service(Mem0Client client, Mem0Api api)
{
    private Mem0Api _api = api;
    private string? _healthPath;

    /// <summary>Adds a memory.</summary>
    public async Task<Mem0Answer> AddAsync(Mem0Addition addition, CancellationToken cancellationToken)
    {
        var user = addition.Mark.User;
        var older = await IsOlderAsync(user, cancellationToken).ConfigureAwait(false);
        var body = Mem0Requests.Add(older, addition);
        return (await client.SendAsync(HttpMethod.Post, older ? "v1/memories/" : "v3/memories/add/", user, body, cancellationToken).ConfigureAwait(false)).Required;
    }

    /// <summary>Searches a user's memories.</summary>
    public async Task<Mem0Answer> SearchAsync(string user, string? agent, string query, int limit, CancellationToken cancellationToken)
    {
        var older = await IsOlderAsync(user, cancellationToken).ConfigureAwait(false);
        var body = Mem0Requests.Search(older, user, agent, query, limit);
        return (await client.SendAsync(HttpMethod.Post, older ? "v1/memories/search/" : "v3/memories/search/", user, body, cancellationToken).ConfigureAwait(false)).Required;
    }

    /// <summary>A page of a user's memories, from 1; empty after the last.</summary>
    public async Task<Mem0Answer> PageAsync(string user, int page, int size, CancellationToken cancellationToken)
    {
        var older = await IsOlderAsync(user, cancellationToken).ConfigureAwait(false);
        var reply = await PageAsync(older, user, page, size, cancellationToken).ConfigureAwait(false);

        // Many services refuse pages that there are not.
        return page > 1 && reply.Status is (HttpStatusCode.NotFound or HttpStatusCode.BadRequest) ? new Mem0Answer(default) : reply.Required;
    }

    /// <summary>A memory, or null where there is none.</summary>
    public async Task<Mem0Answer?> GetAsync(string user, string id, CancellationToken cancellationToken)
    {
        var reply = await client.SendAsync(HttpMethod.Get, PathOf(id), user, null, cancellationToken).ConfigureAwait(false);
        return IsNotThere(reply) ? null : reply.Required;
    }

    /// <summary>Deletes a memory.</summary>
    /// <returns>Whether it was there.</returns>
    public async Task<bool> DeleteAsync(string user, string id, CancellationToken cancellationToken)
    {
        var reply = await client.SendAsync(HttpMethod.Delete, PathOf(id), user, null, cancellationToken).ConfigureAwait(false);
        return !IsNotThere(reply) && reply.Required is not null;
    }

    /// <summary>Deletes all memories of a user.</summary>
    /// <returns>Whether the service has a route for that.</returns>
    public async Task<bool> DeleteAllAsync(string user, CancellationToken cancellationToken)
    {
        var reply = await client.SendAsync(HttpMethod.Delete, $"v1/memories/?user_id={Uri.EscapeDataString(user)}", user, null, cancellationToken).ConfigureAwait(false);
        return !reply.IsUnknownRoute && reply.Required is not null;
    }

    /// <summary>How far an addition is, or null where the service does not tell.</summary>
    public async Task<Mem0Answer?> EventAsync(string user, string id, CancellationToken cancellationToken)
    {
        var reply = await client.SendAsync(HttpMethod.Get, $"v1/event/{Uri.EscapeDataString(id)}/", user, null, cancellationToken).ConfigureAwait(false);
        return reply.IsUnknownRoute ? null : reply.Required;
    }

    /// <summary>Whether the service is well; throws where it is not.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        // mem0's own services have the first, which also looks at the key; older ones only the second.
        foreach (var path in _healthPath is { } known ? (string[])[known] : ["v1/ping/", "health"])
        {
            var reply = await client.SendAsync(HttpMethod.Get, path, null, null, cancellationToken).ConfigureAwait(false);
            if (!reply.IsUnknownRoute || path == "health")
            {
                _ = reply.Required;
                _healthPath = path;
                return;
            }
        }
    }

    private async Task<bool> IsOlderAsync(string user, CancellationToken cancellationToken)
    {
        if (_api == Mem0Api.Auto)
        {
            // Asked for with a user, so that a service may not take it for a request for everybody's.
            var newer = await PageAsync(older: false, user, 1, 1, cancellationToken).ConfigureAwait(false);
            if (newer.IsUnknownRoute)
            {
                // What stands before a service says so too while the service is away: only an answer tells of a version.
                var older = await PageAsync(older: true, user, 1, 1, cancellationToken).ConfigureAwait(false);
                _api = older.Required is not null ? Mem0Api.V1 : _api;
            }
            else
            {
                _api = newer.Required is not null ? Mem0Api.V3 : _api;
            }
        }

        return _api == Mem0Api.V1;
    }

    private Task<Mem0Reply> PageAsync(bool older, string user, int page, int size, CancellationToken cancellationToken)
    {
        var paging = string.Create(CultureInfo.InvariantCulture, $"page={page}&page_size={size}");
        return older
            ? client.SendAsync(HttpMethod.Get, $"v1/memories/?user_id={Uri.EscapeDataString(user)}&{paging}", user, null, cancellationToken)
            : client.SendAsync(HttpMethod.Post, $"v3/memories/?{paging}", user, Mem0Requests.List(user), cancellationToken);
    }

    private static string PathOf(string id) => $"v1/memories/{Uri.EscapeDataString(id)}/";

    // An id that the service could not have given is refused by some.
    private static bool IsNotThere(Mem0Reply reply) => reply.Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity;
}
