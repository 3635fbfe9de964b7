using Granary.Http.Identity;
using Granary.Http.Limits;
using Granary.Http.Problems;
using Granary.Http.Proxy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Granary.Http;

/// <summary>
/// What every request passes: web pages are kept out, the caller is recognised and held against the route's scope, limits are applied,
/// and whatever goes wrong becomes a problem document.
/// </summary>
internal sealed partial class GranaryMiddleware(
    RequestDelegate next,
    KeyRing keys,
    WebPageGuard webPages,
    RequestLimits limits,
    IHostApplicationLifetime lifetime,
    ILogger<GranaryMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var counted = false;
        try
        {
            counted = Admit(context);
            await next(context);
            var response = context.Response;
            if (response.StatusCode >= StatusCodes.Status400BadRequest && !response.HasStarted && response.ContentLength is null)
            {
                await ProblemWriter.WriteAsync(context, ProblemMap.OfStatus(response.StatusCode, TraceIds.Of(context)));
            }
        }
        catch (Exception error)
        {
            await RefuseAsync(context, error);
        }
        finally
        {
            if (counted)
            {
                limits.LeaveRequest();
            }
        }
    }

    /// <returns>Whether the request took a place among those that run.</returns>
    private bool Admit(HttpContext context)
    {
        RefuseDotSegments(context);
        if (!keys.IsRequired)
        {
            webPages.Admit(context.Request);
        }

        var endpoint = context.GetEndpoint();
        if (endpoint is not RouteEndpoint)
        {
            // No route: 404 below. Or routing's own answer for a wrong method, which calls nothing of ours.
            if (endpoint is null)
            {
                throw new NotFoundException("There is no such route.");
            }

            return false;
        }

        var scope = endpoint.Metadata.GetMetadata<RequiredScope>()?.Scope
            ?? throw new AccessDeniedException(ErrorCodes.Forbidden, "The route does not say who may call it.");
        if (scope == GranaryScope.Open)
        {
            return false;
        }

        var caller = keys.Authenticate(context.Request);
        if (!caller.Has(scope))
        {
            throw new AccessDeniedException(ErrorCodes.Forbidden, "The key does not allow this route.");
        }

        RequestIdentity.SetCaller(context, caller);
        limits.AcquireCaller(caller);
        if (limits.CountsTenants)
        {
            limits.AcquireTenant(RequestIdentity.Tenant(context));
        }

        if (endpoint.Metadata.GetMetadata<UncountedRequest>() is not null)
        {
            return false;
        }

        limits.EnterRequest();
        return true;
    }

    /// <summary>
    /// Refuses <c>.</c> and <c>..</c> as parts of the path, encoded or not. The server would resolve them before routing, so that
    /// <c>/sessions/%2e%2e/health</c> were another route than the caller wrote.
    /// </summary>
    private static void RefuseDotSegments(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (target is null || (!target.Contains('%') && !target.Contains("/.", StringComparison.Ordinal)))
        {
            return;
        }

        var path = target.AsSpan();
        if (path.IndexOf('?') is >= 0 and var query)
        {
            path = path[..query];
        }

        foreach (var range in path.Split('/'))
        {
            if (Uri.UnescapeDataString(path[range]) is "." or "..")
            {
                throw new InvalidRequestException("path", "must not contain '.' or '..'");
            }
        }
    }

    private async Task RefuseAsync(HttpContext context, Exception error)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered. (What was being stored is stored or not; a repeat finds out.)
            LogGone(logger, context.Request.Method, context.Request.Path);
            return;
        }

        if (error is OperationCanceledException && lifetime.ApplicationStopping.IsCancellationRequested)
        {
            error = new UnavailableException(ErrorCodes.Stopping, "The service is stopping.", TimeSpan.FromSeconds(1), error);
        }

        var trace = TraceIds.Of(context);
        var problem = ProblemMap.Of(error, trace);
        if (problem is null)
        {
            LogUnexpected(logger, error, context.Request.Method, context.Request.Path, trace);
            problem = ProblemMap.Internal(trace);
        }
        else if (problem.Status >= StatusCodes.Status500InternalServerError)
        {
            LogUnavailable(logger, context.Request.Method, context.Request.Path, problem.Code, problem.Detail, trace);
        }
        else
        {
            LogRefused(logger, context.Request.Method, context.Request.Path, problem.Status, problem.Detail, trace);
        }

        GranaryHttpInstruments.Problems.Add(1, new KeyValuePair<string, object?>("code", problem.Code));
        if (context.Response.HasStarted)
        {
            // The answer is half out: cutting the connection tells the caller that it is not whole.
            context.Abort();
            return;
        }

        context.Response.Clear();
        await (context.GetEndpoint()?.Metadata.GetMetadata<ProxyRoute>() is { } route
            ? ProxyErrors.WriteAsync(context, route.Dialect, problem, error)
            : ProblemWriter.WriteAsync(context, problem, error));
    }
}

/// <summary>Metadata of routes that do not count among the requests that run at a time, because they stay open.</summary>
internal sealed class UncountedRequest;
