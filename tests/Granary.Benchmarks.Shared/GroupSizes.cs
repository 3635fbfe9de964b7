using System.Diagnostics.Metrics;

namespace Granary.Benchmarks.Shared;

/// <summary>Listens to how many commits each durable transaction of a store takes.</summary>
internal sealed class GroupSizes : IDisposable
{
    public const string Sqlite = "granary.sqlite.group.size";

    private readonly MeterListener listener = new();
    private readonly Lock gate = new();
    private List<int> sizes = [];

    /// <param name="name">The instrument.</param>
    public GroupSizes(string name)
    {
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == name)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, size, _, _) =>
        {
            lock (gate)
            {
                sizes.Add(size);
            }
        });
        listener.Start();
    }

    public List<int> Take()
    {
        lock (gate)
        {
            (var taken, sizes) = (sizes, []);
            return taken;
        }
    }

    public void Dispose() => listener.Dispose();
}
