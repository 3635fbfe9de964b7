using Granary.Core.Maintenance;
using Granary.Core.Storage;
using Granary.Core.Users.Erasure;
using Granary.Orleans.Cluster;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Granary.Orleans.Grains;

/// <summary>A maintenance shard of the cluster, woken by its one reminder. It keeps nothing.</summary>
[GrainType("maintenance")]
[Reentrant]
internal sealed partial class MaintenanceGrain(
    IGrainContext context,
    SiloServices silo,
    IGrainFactory grains,
    ILogger<MaintenanceGrain> logger,
    ILogger<MaintenanceShard> shardLogger,
    IEnumerable<IPartitionMaintenance> others)
    : IGrainBase, IMaintenanceGrain, IRemindable, IMaintenanceTargets, IErasureTargets
{
    private const string Reminder = "due";

    /// <summary>How often a shard wakes: the least that reminders allow.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _leaving = new();
    private Task<int> _waking = Task.FromResult(0);
    private bool _hasReminder;

    public IGrainContext GrainContext => context;

    private int Shard => (int)this.GetPrimaryKeyLong();

    public async Task EnsureReminderAsync()
    {
        if (!_hasReminder && silo.Options.UseReminders)
        {
            if (await this.GetReminder(Reminder) is null)
            {
                // Spread over the period, so that the shards do not all ask the store at once. A time that has passed when the reminder is looked at
                // would mean a period later.
                await this.RegisterOrUpdateReminder(Reminder, Soon + (Period * Shard / PartitionShard.Count), Period);
            }

            _hasReminder = true;
        }
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        // A tick must be answered soon, and the work may take longer: it goes on by itself.
        if (_waking.IsCompleted)
        {
            _waking = WakeShardAsync();
            _ = ReportAsync(_waking);
        }

        return Task.CompletedTask;
    }

    public async Task<int> WakeAsync()
    {
        while (!_waking.IsCompleted)
        {
            await ((Task)_waking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        _waking = WakeShardAsync();
        try
        {
            return await _waking;
        }
        catch (StorageException exception)
        {
            // The store's own error does not pass between silos.
            throw new UnavailableException(ErrorCodes.StorageUnavailable, exception.Message, TimeSpan.FromSeconds(1), exception);
        }
    }

    public Task EraseAsync(string user, CancellationToken cancellationToken) => Task.Run(() => EraseIfMarkedAsync(GrainKeys.User(user), cancellationToken), cancellationToken);

    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _leaving.CancelAsync();
        await ((Task)_waking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _leaving.Dispose();
    }

    Task IMaintenanceTargets.MaintainAsync(SessionKey session, CancellationToken cancellationToken) =>
        ClusterCalls.GuardAsync(() => grains.GetGrain<ISessionGrain>(GrainKeys.Of(session)).MaintainAsync(cancellationToken), cancellationToken);

    async Task IMaintenanceTargets.MaintainAsync(UserKey user, CancellationToken cancellationToken)
    {
        if (!await EraseIfMarkedAsync(user, cancellationToken))
        {
            await ClusterCalls.GuardAsync(() => grains.GetGrain<IUserGrain>(GrainKeys.Of(user)).MaintainAsync(cancellationToken), cancellationToken);
        }
    }

    async Task<ErasureWork?> IErasureTargets.NextErasureAsync(UserKey user, IReadOnlyList<string> tried, CancellationToken cancellationToken)
    {
        var work = await ClusterCalls.GuardAsync(
            () => grains.GetGrain<IUserGrain>(GrainKeys.Of(user)).NextErasureAsync([.. tried], cancellationToken), cancellationToken);
        return work is [{ } erasure, var life, .. var sessions] ? new ErasureWork(erasure, life, sessions!) : null;
    }

    Task IErasureTargets.EraseSessionAsync(SessionKey session, string? life, CancellationToken cancellationToken) =>
        ClusterCalls.GuardAsync(() => grains.GetGrain<ISessionGrain>(GrainKeys.Of(session)).EraseWithUserAsync(life, cancellationToken), cancellationToken);

    Task<bool> IErasureTargets.FinishErasureAsync(UserKey user, string erasureId, IReadOnlyDictionary<string, int> others, CancellationToken cancellationToken) =>
        ClusterCalls.GuardAsync(
            () => grains.GetGrain<IUserGrain>(GrainKeys.Of(user)).FinishErasureAsync(erasureId, new Dictionary<string, int>(others), cancellationToken), cancellationToken);

    private async Task<bool> EraseIfMarkedAsync(UserKey user, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _leaving.Token);
        try
        {
            return await UserErasureJob.RunAsync(this, silo.Users.Erasers, user, either.Token);
        }
        catch (StorageException exception)
        {
            // Of somebody else who keeps something of the user; the store's own error does not pass between silos.
            throw new UnavailableException(ErrorCodes.StorageUnavailable, exception.Message, TimeSpan.FromSeconds(1), exception);
        }
    }

    private Task<int> WakeShardAsync() =>
        Task.Run(() => new MaintenanceShard(Shard, silo.Store, this, silo.Time, shardLogger, others).WakeAsync(_leaving.Token));

    private async Task ReportAsync(Task<int> waking)
    {
        try
        {
            await waking;
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception exception)
        {
            LogFailed(logger, exception, Shard);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Maintenance shard {Shard} could not look after what is due; its next wake-up tries again")]
    private static partial void LogFailed(ILogger logger, Exception exception, int shard);
}
