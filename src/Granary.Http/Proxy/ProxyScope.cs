using Granary.Http.Identity;
using Granary.Http.Proxy.Shapes;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Proxy;

/// <summary>Whose memory a call of the proxy uses.</summary>
/// <param name="User">The user.</param>
/// <param name="Session">The session; null: the one derived from the conversation.</param>
/// <param name="Agent">The agent of a session that the call creates.</param>
/// <param name="After">The session's last sequence before the answer that the call goes on from, where it names one.</param>
internal sealed record ProxyScope(UserKey User, string? Session, string? Agent, long? After)
{
    private const string SessionHeader = "X-Session-ID";
    private const string AgentHeader = "X-Agent-ID";

    /// <summary>
    /// Finds the scope: first what the credential is bound to, then headers, the path, the body. What several of them name must agree.
    /// </summary>
    /// <returns>Null if nothing names a user: the call is relayed as it is.</returns>
    /// <exception cref="AccessDeniedException">The credential is bound to another tenant or user.</exception>
    /// <exception cref="InvalidRequestException">Two places disagree, or an id breaks the grammar.</exception>
    public static ProxyScope? Find(HttpContext context, RequestShape shape, RequestIdentity identity)
    {
        var request = context.Request;
        var inPath = request.RouteValues.ContainsKey("user") ? RequestValues.Route(context, "user") : null;
        var inBody = shape.User;
        if (inPath is not null && inBody is not null && inPath != inBody)
        {
            throw new InvalidRequestException("user", "differs from the user in the path");
        }

        var session = RequestValues.Header(request, SessionHeader) is { } header ? Ids.Require(header, SessionHeader) : null;
        var user = identity.FindUser(context, inPath ?? inBody, "user");
        if (user is null && shape.OpaqueUser is { } opaque && Ids.IsValid(opaque))
        {
            user = identity.FindUser(context, opaque, "metadata.user_id");
        }

        if (user is not { } owner)
        {
            if (session is not null)
            {
                throw new InvalidRequestException(RequestIdentity.UserHeader, "is required where a session is named");
            }

            return shape.PreviousResponse is { } previous && ResponseIds.TryRead(previous, out _, out _)
                ? throw new InvalidRequestException("user", "is required with a previous_response_id of this service")
                : null;
        }

        Agree(ref session, request.RouteValues.ContainsKey("session") ? RequestValues.Route(context, "session") : null, "session");
        Agree(ref session, shape.MetadataSession, "metadata.session_id");
        Agree(ref session, shape.Conversation, "conversation");
        long? after = null;
        if (shape.PreviousResponse is { } id)
        {
            if (!ResponseIds.TryRead(id, out var named, out var sequence))
            {
                throw new InvalidRequestException("previous_response_id", "is no id of an answer of this service");
            }

            Agree(ref session, named, "previous_response_id");
            after = sequence;
        }

        var agent = RequestValues.Header(request, AgentHeader) is { } given ? Ids.Require(given, AgentHeader) : null;
        return new ProxyScope(owner, session, agent, after);
    }

    private static void Agree(ref string? session, string? other, string field)
    {
        if (other is null)
        {
            return;
        }

        Ids.Require(other, field);
        if (session is not null && session != other)
        {
            throw new InvalidRequestException(field, "names another session than the header, the path or another field");
        }

        session = other;
    }
}
