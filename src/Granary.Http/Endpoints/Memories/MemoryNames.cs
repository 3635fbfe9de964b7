namespace Granary.Http.Endpoints.Memories;

/// <summary>Calls the memory and puts the names of fields that it complains of into the words of the request.</summary>
internal static class MemoryNames
{
    /// <summary>Calls.</summary>
    /// <param name="call">The call.</param>
    /// <param name="from">How the memory calls a part of the request, as in <c>memories[0]</c>.</param>
    /// <param name="to">How the caller calls it; empty where the part is the request itself.</param>
    public static async Task<T> CallAsync<T>(Func<Task<T>> call, string from, string to)
    {
        try
        {
            return await call();
        }
        catch (InvalidRequestException error) when (Renamed(error.Field, from, to) is { } field)
        {
            throw new InvalidRequestException(field, error.Rule);
        }
        catch (TooLargeException error) when (Renamed(error.Field, from, to) is { } field)
        {
            throw new TooLargeException(field, error.Rule);
        }
    }

    private static string? Renamed(string field, string from, string to)
    {
        if (!field.StartsWith(from, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = field.AsSpan(from.Length);
        return rest.IsEmpty ? (to.Length > 0 ? to : "body")
            : rest[0] is not ('.' or '[') ? null
            : to.Length > 0 ? $"{to}{rest}"
            : rest.TrimStart('.').ToString();
    }
}
