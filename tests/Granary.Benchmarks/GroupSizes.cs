using System.Diagnostics.Metrics;

namespace Granary.Benchmarks;

/// <summary>Listens to how many commits each durable transaction of the SQLite store takes.</summary>
internal sealed class GroupSizes : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly Lock gate = new();
    private List<int> sizes = [];

    public GroupSizes()
    {
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "granary.sqlite.group.size")
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
