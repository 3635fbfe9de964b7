namespace Granary.Conformance.Memory;

/// <summary>
/// A session whose changes are repeated when they could not be made: a host that a test has dropped may still be folding, or a call does not reach a
/// session that leaves memory again and again.
/// </summary>
internal sealed class PatientSession(ISessionMemory session)
{
    private const int Attempts = 50;

    public Task AppendAsync(AppendRequest request) => RepeatAsync(async () => await session.AppendAsync(request));

    public Task CompactAsync(CompactOptions options) => RepeatAsync(() => session.CompactAsync(options));

    public Task ClearAsync(bool confirm) => RepeatAsync(() => session.ClearAsync(confirm));

    public Task DeleteAsync() => RepeatAsync(() => session.DeleteAsync());

    /// <summary>Repeats what could not be done.</summary>
    public static async Task RepeatAsync(Func<Task> change)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await change();
                return;
            }
            catch (UnavailableException) when (attempt < Attempts)
            {
            }
        }
    }
}
