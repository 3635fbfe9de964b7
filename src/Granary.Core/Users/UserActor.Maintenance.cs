namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    /// <summary>Does what is due. Called by the maintenance shard.</summary>
    public Task MaintainAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
