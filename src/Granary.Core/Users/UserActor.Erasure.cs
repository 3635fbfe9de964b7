namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    public Task<UserErasure> EraseAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<UserErasure> GetErasureAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
