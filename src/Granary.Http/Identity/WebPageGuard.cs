using System.Net;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Identity;

/// <summary>
/// Keeps web pages out of a server that asks nobody for a key. A page that runs in the browser of someone who can reach the server could
/// call it: directly (then it sends its <c>Origin</c>), or by giving its own name the server's address (then <c>Host</c> is that name).
/// </summary>
internal sealed class WebPageGuard
{
    private const string Anything = "*";

    private readonly bool _anyHost;
    private readonly bool _beyondLoopback;
    private readonly HashSet<string> _names;
    private string _lastAdmitted = "";

    /// <param name="allowedHosts">Names besides localhost and loopback addresses; <c>*</c> for any.</param>
    /// <param name="beyondLoopback">
    /// Whether the server is meant to be reached from other machines. Then addresses and names without a dot are admitted as well: no page
    /// can come from a domain that it owns under such a name.
    /// </param>
    public WebPageGuard(IEnumerable<string> allowedHosts, bool beyondLoopback)
    {
        _names = new HashSet<string>(allowedHosts, StringComparer.OrdinalIgnoreCase);
        _anyHost = _names.Contains(Anything);
        _beyondLoopback = beyondLoopback;
    }

    /// <summary>Refuses a request that a web page of another origin may have sent.</summary>
    /// <exception cref="AccessDeniedException">It may have.</exception>
    public void Admit(HttpRequest request)
    {
        var host = request.Host;
        if (!host.HasValue || !string.Equals(host.Value, _lastAdmitted, StringComparison.Ordinal))
        {
            if (!IsAdmitted(host.Host))
            {
                throw new AccessDeniedException(
                    ErrorCodes.Forbidden,
                    "Host must be localhost or a loopback address. Add other names to ALLOWED_HOSTS, or configure keys.");
            }

            _lastAdmitted = host.Value ?? "";
        }

        var origins = request.Headers.Origin;
        if (origins.Count > 0 && !IsOwn(origins, request))
        {
            throw new AccessDeniedException(ErrorCodes.Forbidden, "Web pages of another origin may not call a server without keys.");
        }
    }

    private static bool IsOwn(string? origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);

    private bool IsAdmitted(string name)
    {
        if (_anyHost || name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || _names.Contains(name))
        {
            return true;
        }

        if (IPAddress.TryParse(name, out var address))
        {
            return _beyondLoopback || IPAddress.IsLoopback(address);
        }

        return _beyondLoopback && name.Length > 0 && !name.Contains('.');
    }
}
