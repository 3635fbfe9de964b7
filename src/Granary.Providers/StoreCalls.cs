using Granary.Core.Storage;

namespace Granary.Providers;

/// <summary>Calls of the store, with its failures as callers know them.</summary>
internal static class StoreCalls
{
    /// <summary>How often a change is decided anew because others came in between.</summary>
    public const int MaxRounds = 10;

    /// <exception cref="UnavailableException">The store failed.</exception>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (StorageException error)
        {
            throw new UnavailableException(ErrorCodes.StorageUnavailable, "The store is not available.", TimeSpan.FromSeconds(1), error);
        }
    }

    /// <summary>The error of a change that others came in between of all the time.</summary>
    public static UnavailableException Contended() =>
        new(ErrorCodes.StorageUnavailable, "Others change the same all the time.", TimeSpan.FromSeconds(1));
}
