namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    public Task<RecallResult> RecallAsync(RecallRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();
}
