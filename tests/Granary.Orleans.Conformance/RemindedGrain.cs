using System.Collections.Concurrent;
using Orleans;
using Orleans.Runtime;

namespace Granary.Orleans.Conformance;

/// <summary>A grain with a reminder.</summary>
[Alias("conformance.reminded")]
public interface IRemindedGrain : IGrainWithStringKey
{
    /// <summary>Sets a reminder that is due soon. (One that is due at once is late when it is scheduled, and first ticks a period later.)</summary>
    [Alias("remind")]
    Task RemindAsync();

    /// <summary>Takes the reminder back. False if there was none.</summary>
    [Alias("forget")]
    Task<bool> ForgetAsync();
}

/// <inheritdoc cref="IRemindedGrain"/>
[GrainType("conformance.reminded")]
public sealed class RemindedGrain : Grain, IRemindedGrain, IRemindable
{
    private static readonly ConcurrentDictionary<string, TaskCompletionSource<string>> Ticks = new();

    /// <summary>The name of the first reminder that a grain gets.</summary>
    public static Task<string> TickOf(string key) => Source(key).Task;

    /// <inheritdoc/>
    public Task RemindAsync() => this.RegisterOrUpdateReminder("sweep", TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5));

    /// <inheritdoc/>
    public async Task<bool> ForgetAsync()
    {
        if (await this.GetReminder("sweep") is not { } reminder)
        {
            return false;
        }

        await this.UnregisterReminder(reminder);
        return await this.GetReminder("sweep") is null;
    }

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Source(this.GetPrimaryKeyString()).TrySetResult(reminderName);
        return Task.CompletedTask;
    }

    private static TaskCompletionSource<string> Source(string key) =>
        Ticks.GetOrAdd(key, _ => new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
}
