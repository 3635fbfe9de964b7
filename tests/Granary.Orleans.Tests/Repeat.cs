namespace Granary.Orleans.Tests;

/// <summary>A caller that repeats what was not answered.</summary>
internal static class Repeat
{
    /// <summary>Far more than it takes a cluster to find out that a silo is dead.</summary>
    private const int Attempts = 2_000;

    public static async Task<T> UntilAnsweredAsync<T>(Func<ValueTask<T>> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (UnavailableException) when (attempt < Attempts)
            {
                // A moment, so that others get their turn.
                await Task.Delay(20);
            }
        }
    }
}
