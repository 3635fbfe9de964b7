using System.Globalization;

namespace Granary.Http.Mem0;

/// <summary>Calls the memory and puts the names of fields that it complains of into the words of mem0.</summary>
internal static class Mem0Fields
{
    /// <summary>Calls with a memory, or several that are added with the same of all but the text.</summary>
    /// <param name="call">The call.</param>
    /// <param name="text">Where the text is in the request.</param>
    public static Task<T> CallAsync<T>(Func<Task<T>> call, string text) => CallAsync(call, field => Of(field[(field.LastIndexOf('.') + 1)..], text));

    /// <summary>Calls with edits out of a batch.</summary>
    /// <param name="call">The call.</param>
    /// <param name="places">Where each edit is in the batch.</param>
    public static Task<T> CallAsync<T>(Func<Task<T>> call, IReadOnlyList<int> places) => CallAsync(
        call,
        field => field.Split('.') is [var edit, _, var name] && int.TryParse(edit.AsSpan().Trim("edits[]"), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? $"memories[{places[at]}].{Of(name, "text")}"
            : "memories");

    private static async Task<T> CallAsync<T>(Func<Task<T>> call, Func<string, string> rename)
    {
        try
        {
            return await call();
        }
        catch (InvalidRequestException error)
        {
            throw new InvalidRequestException(rename(error.Field), error.Rule);
        }
        catch (TooLargeException error)
        {
            throw new TooLargeException(rename(error.Field), error.Rule);
        }
    }

    private static string Of(string name, string text) => name switch
    {
        "content" or "memories" => text,
        "event_time" => "timestamp",
        "expires_at" => "expiration_date",
        _ => name,
    };
}
