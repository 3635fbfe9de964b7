namespace Granary.Core.Resources;

/// <summary>
/// A resource as its sessions hold it. There is one per tenant and name; what it stands for is swapped when the resource changes, so the append path
/// follows changes by reading a field.
/// </summary>
internal sealed class ResourceHandle
{
    private readonly TenantResources _tenant;
    private volatile ResolvedResource _current;

    internal ResourceHandle(string name, TenantResources tenant, ResolvedResource current) => (Name, _tenant, _current) = (name, tenant, current);

    /// <summary>The name by which it was resolved.</summary>
    public string Name { get; }

    /// <summary>
    /// The resource now. Never waits: where the tenant's resources were read longer ago than the refresh interval, reading this has them read again
    /// behind the caller's back.
    /// </summary>
    public ResolvedResource Current
    {
        get
        {
            _tenant.RefreshIfOld();
            return _current;
        }
    }

    internal ResolvedResource Present
    {
        get => _current;
        set => _current = value;
    }
}
