using System.Text;

namespace Granary.Silo.Dashboard;

/// <summary>Lets browsers present a key: they ask their user for a name and a password (HTTP Basic), and the password is the key.</summary>
internal static class DashboardCredentials
{
    private const string Basic = "Basic ";

    /// <summary>Takes the key out of Basic credentials, and asks for them where there are none. Before the API's own check of keys.</summary>
    public static void UseDashboardCredentials(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Request.Path.StartsWithSegments(DashboardSetup.Path))
        {
            if (KeyOf(context.Request.Headers.Authorization) is { } key)
            {
                context.Request.Headers.Authorization = "Bearer " + key;
            }

            context.Response.OnStarting(Challenge, context.Response);
        }

        return next(context);
    });

    /// <summary>The password of Basic credentials, null for anything else.</summary>
    internal static string? KeyOf(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var encoded = authorization.AsSpan(Basic.Length).Trim();
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64Chars(encoded, bytes, out var length))
        {
            return null;
        }

        var credentials = Encoding.UTF8.GetString(bytes, 0, length);
        return credentials.IndexOf(':') is >= 0 and var colon ? credentials[(colon + 1)..] : null;
    }

    private static Task Challenge(object state)
    {
        var response = (HttpResponse)state;
        if (response.StatusCode == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Basic realm=\"granary\", charset=\"UTF-8\"";
        }

        return Task.CompletedTask;
    }
}
