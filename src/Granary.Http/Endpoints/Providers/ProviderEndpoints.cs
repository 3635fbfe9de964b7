using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Providers;
using Granary.Providers.Chain;
using Granary.Providers.Connections;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Providers;

/// <summary>The memory providers themselves: which there are, how they are, and their administration.</summary>
internal sealed class ProviderEndpoints(
    ProviderRegistry registry, ProviderChecks checks, ProviderReports reports, ProviderAudit audit, MemorySelection selection)
{
    private const string Tag = "Memory providers";

    private const string PerProcess = "Figures are those of the process that answers.";

    public void Map(RouteTable routes) => routes
        .Get("/providers", GranaryScope.Service, ListAsync, new RouteDescription(Tag, "List memory providers")
        {
            Answers = [new RouteAnswer(200, typeof(ProvidersResponse), "The providers, the lowest priority number first.")],
            Problems = [403, 503],
        })
        .Post("/providers/register", GranaryScope.Admin, RegisterAsync, new RouteDescription(Tag, "Add a memory provider to the chain")
        {
            Details = "It uses a connection of the settings by its name, so that no secret is sent or stored. It is kept, and other processes notice it within 30 seconds. "
                + "Needs MEMORY_PROVIDER=chain.",
            Body = typeof(RegisterProviderRequest),
            Answers = [new RouteAnswer(201, typeof(ProviderView), "It is registered.")],
            Problems = [403, 409, 413, 501, 503],
        })
        .Delete("/providers/{name}", GranaryScope.Admin, RemoveAsync, new RouteDescription(Tag, "Remove a memory provider from the chain")
        {
            Details = "One that was registered by API. What it keeps stays there, out of reach; deletes that are still to be carried out there are given up.",
            Answers = [new RouteAnswer(204, null, "It is removed.")],
            Problems = [403, 404, 409, 501, 503],
        })
        .Post("/providers/{name}/enable", GranaryScope.Admin, EnableAsync, new RouteDescription(Tag, "Use a memory provider")
        {
            Details = "Also one that was failed over from.",
            Answers = [new RouteAnswer(200, typeof(ProviderView), "It is in use.")],
            Problems = [403, 404, 501, 503],
        })
        .Post("/providers/{name}/disable", GranaryScope.Admin, DisableAsync, new RouteDescription(Tag, "Leave a memory provider out")
        {
            Details = "It is asked no more to keep and find. What is deleted is deleted there all the same.",
            Answers = [new RouteAnswer(200, typeof(ProviderView), "It is out of use.")],
            Problems = [403, 404, 501, 503],
        })
        .Post("/providers/{name}/failover", GranaryScope.Admin, FailOverAsync, new RouteDescription(Tag, "Fail over from a memory provider")
        {
            Details = "It is inactive until it is enabled again.",
            Answers = [new RouteAnswer(200, typeof(FailoverResponse), "The next takes its place.")],
            Problems = [403, 404, 501, 503],
        })
        .Get("/providers/{name}/health", GranaryScope.Service, HealthAsync, new RouteDescription(Tag, "Read how a memory provider is")
        {
            Details = $"Its last 24 hours, and up to 168 hours as trends. {PerProcess}",
            Parameters =
            [
                RouteParameter.Query<int>("hours", "Hours of trends, 1 to 168; 24 by default."),
                RouteParameter.Query<bool>("check", "Whether to check it now; it is where it never was."),
            ],
            Answers = [new RouteAnswer(200, typeof(ProviderHealthResponse), "How it is.")],
            Problems = [403, 404, 503],
        })
        .Get("/providers/health", GranaryScope.Service, AllHealthAsync, new RouteDescription(Tag, "Read how the memory providers are")
        {
            Details = PerProcess,
            Answers =
            [
                new RouteAnswer(200, typeof(ProvidersHealthResponse), "At least one in use was well at its last check."),
                new RouteAnswer(503, typeof(ProvidersHealthResponse), "None was."),
            ],
            Problems = [403],
        })
        .Get("/providers/failover/statistics", GranaryScope.Service, StatisticsAsync, new RouteDescription(Tag, "Read how calls of memory providers went")
        {
            Details = PerProcess,
            Answers = [new RouteAnswer(200, typeof(FailoverStatisticsResponse), "Rules, scores and circuit breakers.")],
            Problems = [403, 503],
        })
        .Get("/providers/security/audit", GranaryScope.Admin, AuditAsync, new RouteDescription(Tag, "Read who administered memory providers")
        {
            Details = "The last 10,000 changes that were asked for in the process that answers.",
            Parameters =
            [
                RouteParameter.Query<int>("limit", "How many at the most, 1 to 10000; 100 by default."),
                RouteParameter.Query<string>("provider", "Only those about this provider."),
            ],
            Answers = [new RouteAnswer(200, typeof(ProviderAuditResponse), "The youngest first.")],
            Problems = [403],
        });

    private async Task ListAsync(HttpContext context)
    {
        await registry.RefreshAsync(context.RequestAborted);
        var providers = registry.Members.Select(reports.ViewOf).ToList();
        await JsonAnswer.WriteAsync(context, new ProvidersResponse(selection.Provider, providers, providers.Count), GranaryJson.Default.ProvidersResponse);
    }

    private async Task RegisterAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.RegisterProviderRequest);

        // Refused names may be anything, secrets even: they are not kept.
        var known = Ids.IsValid(request.Name) ? request.Name : null;
        var member = await AuditedAsync(context, "provider:register", known, () => registry.RegisterAsync(EntryOf(request), CancellationToken.None));
        context.Response.Headers.Location = $"/providers/{member.Name}/health";
        await JsonAnswer.WriteAsync(context, reports.ViewOf(member), GranaryJson.Default.ProviderView, StatusCodes.Status201Created);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var name = NameOf(context);
        await AuditedAsync(context, "provider:delete", name, async () =>
        {
            await registry.RemoveAsync(name, CancellationToken.None);
            return true;
        });
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task EnableAsync(HttpContext context) => SwitchAsync(context, "provider:activate", enabled: true);

    private Task DisableAsync(HttpContext context) => SwitchAsync(context, "provider:deactivate", enabled: false);

    private async Task SwitchAsync(HttpContext context, string action, bool enabled)
    {
        var name = NameOf(context);
        var member = await AuditedAsync(context, action, name, () => registry.SwitchAsync(name, enabled, CancellationToken.None));
        await JsonAnswer.WriteAsync(context, reports.ViewOf(member), GranaryJson.Default.ProviderView);
    }

    private async Task FailOverAsync(HttpContext context)
    {
        var name = NameOf(context);
        var next = await AuditedAsync(context, "provider:admin", name, () => registry.FailOverAsync(name, CancellationToken.None));
        await JsonAnswer.WriteAsync(context, new FailoverResponse(name, next.Name), GranaryJson.Default.FailoverResponse);
    }

    private async Task HealthAsync(HttpContext context)
    {
        var name = NameOf(context);
        var hours = (int)RequestValues.Query(context.Request, "hours", fallback: 24, min: 1, max: HealthLog.Hours);
        var check = RequestValues.QueryFlag(context.Request, "check");
        await registry.RefreshAsync(context.RequestAborted);
        var member = registry.Require(name);
        await CheckAsync(member, check, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, reports.HealthOf(member, hours), GranaryJson.Default.ProviderHealthResponse);
    }

    private async Task AllHealthAsync(HttpContext context)
    {
        await registry.EnsureLoadedAsync(context.RequestAborted);
        var members = registry.Members;
        await Task.WhenAll(members.Select(member => CheckAsync(member, always: false, context.RequestAborted)));
        var answer = reports.HealthOfAll(members);
        context.Response.Headers.CacheControl = "no-store";
        await JsonAnswer.WriteAsync(
            context, answer, GranaryJson.Default.ProvidersHealthResponse, answer.Healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private async Task StatisticsAsync(HttpContext context)
    {
        await registry.EnsureLoadedAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, reports.Statistics(), GranaryJson.Default.FailoverStatisticsResponse);
    }

    private async Task AuditAsync(HttpContext context)
    {
        var limit = (int)RequestValues.Query(context.Request, "limit", fallback: 100, min: 1, max: ProviderAudit.Capacity);
        var entries = audit.Read(limit, RequestValues.QueryId(context.Request, "provider"))
            .Select(entry => new ProviderAuditView(entry.Timestamp, entry.Actor, entry.Action, entry.Provider, entry.Outcome))
            .ToList();
        await JsonAnswer.WriteAsync(context, new ProviderAuditResponse(entries, entries.Count), GranaryJson.Default.ProviderAuditResponse);
    }

    /// <summary>Checks a provider where nobody does it by the clock, or nobody did it yet.</summary>
    private Task CheckAsync(ChainMember member, bool always, CancellationToken cancellationToken) =>
        always || member.State.LastCheck is null || !selection.IsChain ? checks.CheckAsync(member, cancellationToken) : Task.CompletedTask;

    private async Task<T> AuditedAsync<T>(HttpContext context, string action, string? name, Func<Task<T>> call)
    {
        var outcome = "failed";
        try
        {
            var result = await call();
            outcome = "ok";
            return result;
        }
        catch (MemoryException error)
        {
            outcome = error.Code;
            throw;
        }
        finally
        {
            audit.Add(RequestIdentity.Actor(context), action, name, outcome);
        }
    }

    private static string NameOf(HttpContext context) => RequestValues.Route(context, "name");

    private static ProviderEntry EntryOf(RegisterProviderRequest request)
    {
        RefuseSecret(request.ConnectionString, "connection_string");
        RefuseSecret(request.BaseUrl, "base_url");
        var name = Ids.Require(request.Name, "name");
        var type = ProviderTypes.Find(request.ProviderType) ?? throw new InvalidRequestException(
            "provider_type", request.ProviderType is null ? "is required" : $"must be one of {string.Join(", ", ProviderTypes.OfChains)}");
        var entry = new ProviderEntry
        {
            Name = name,
            ProviderType = type,
            ConnectionName = request.ConnectionName ?? ProviderTypes.ConnectionOf(type),
            Enabled = request.Enabled ?? true,
            Metadata = request.Metadata,
        };
        return entry with
        {
            Priority = request.Priority ?? entry.Priority,
            HealthCheckInterval = request.HealthCheckInterval ?? entry.HealthCheckInterval,
            Timeout = request.Timeout ?? entry.Timeout,
            RetryAttempts = request.RetryAttempts ?? entry.RetryAttempts,
        };
    }

    private static void RefuseSecret(string? value, string field)
    {
        if (value is not null)
        {
            throw new InvalidRequestException(field, "is not taken: put the connection into the settings (Granary:Memory:Connections) and give its connection_name");
        }
    }
}
