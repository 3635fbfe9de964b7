#if WITH_DASHBOARD
using Granary.Http.Identity;
using Orleans.Dashboard;
#endif
using Orleans.Hosting;

namespace Granary.Silo.Dashboard;

/// <summary>The Orleans dashboard at <c>/dashboard</c>, behind the same keys and guards as the API.</summary>
internal static class DashboardSetup
{
    public const string Path = "/dashboard";

#if WITH_DASHBOARD
    /// <summary>Adds what the dashboard shows, but for the log, in which ids of users may be.</summary>
    public static void AddSafeDashboard(this ISiloBuilder silo) => silo.AddDashboard(options => options.HideTrace = true);

    /// <summary>Adds its pages, for service keys.</summary>
    public static void MapDashboard(this WebApplication app)
    {
        var pages = app.MapOrleansDashboard(Path).RequireScope(GranaryScope.Service).ExcludeFromDescription();
        pages.AddEndpointFilter(static async (call, next) =>
        {
            var response = call.HttpContext.Response;

            // No other page may show it in a frame and lead its reader's clicks.
            response.Headers.XFrameOptions = "DENY";
            response.Headers.XContentTypeOptions = "nosniff";

            // It would read the state of any grain of any tenant.
            return call.HttpContext.Request.Path.StartsWithSegments(Path + "/GrainState")
                ? throw new NotFoundException("There is no such route.")
                : await next(call);
        });
    }
#else
    public static void AddSafeDashboard(this ISiloBuilder silo) => throw new NotSupportedException("The settings refuse this.");

    public static void MapDashboard(this WebApplication app) => throw new NotSupportedException("The settings refuse this.");
#endif
}
