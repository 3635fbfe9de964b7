using Granary.Core.Storage;

namespace Granary.Http.Problems;

/// <summary>Turns failures of the store into the error that callers know, for routes that ask it without an actor between.</summary>
internal static class StoreFailures
{
    /// <exception cref="UnavailableException">The store failed.</exception>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (StorageException error)
        {
            throw new UnavailableException(ErrorCodes.StorageUnavailable, "The store is not available.", TimeSpan.FromSeconds(1), error);
        }
    }
}
