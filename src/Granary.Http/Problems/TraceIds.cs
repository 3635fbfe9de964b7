using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Problems;

/// <summary>The W3C trace id of a request: the activity's, else the caller's <c>traceparent</c>, else a new one.</summary>
internal static class TraceIds
{
    private static readonly object ItemKey = new();

    public static string Of(HttpContext context)
    {
        if (context.Items.TryGetValue(ItemKey, out var known))
        {
            return (string)known!;
        }

        var id = Find(context);
        context.Items[ItemKey] = id;
        return id;
    }

    private static string Find(HttpContext context)
    {
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            return activity.TraceId.ToHexString();
        }

        return ActivityContext.TryParse(context.Request.Headers.TraceParent, null, out var parent)
            ? parent.TraceId.ToHexString()
            : ActivityTraceId.CreateRandom().ToHexString();
    }
}
