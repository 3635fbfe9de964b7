namespace Granary.Client.Http;

/// <summary>The service's addresses; remembers the last good one for all calls of a client.</summary>
internal sealed class AddressBook
{
    private readonly Uri[] _addresses;
    private int _current;

    public AddressBook(IEnumerable<Uri> addresses) =>
        _addresses = [.. addresses.Select(address => address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/"))];

    public int Count => _addresses.Length;

    /// <summary>Where the next call begins.</summary>
    public int Current => Volatile.Read(ref _current);

    public Uri this[int index] => _addresses[index];

    /// <summary>Leaves an address that failed, unless another call did so already, and returns the one after it.</summary>
    public int MoveOn(int failed)
    {
        var next = (failed + 1) % _addresses.Length;
        Interlocked.CompareExchange(ref _current, next, failed);
        return next;
    }
}
