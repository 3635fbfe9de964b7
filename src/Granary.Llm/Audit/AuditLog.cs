using System.Threading.Channels;

namespace Granary.Llm.Audit;

/// <summary>The queue between the calls and the store.</summary>
internal sealed class AuditLog(AuditOptions options, TokenUsageCalculator prices, TimeProvider time) : IAuditLog
{
    private readonly Channel<AuditCall> _queue = Channel.CreateBounded<AuditCall>(
        new BoundedChannelOptions(options.QueueCapacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private long _dropped;

    /// <summary>What waits to be written.</summary>
    public ChannelReader<AuditCall> Reader => _queue.Reader;

    /// <summary>Records dropped since the start.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <inheritdoc />
    public void Record(AuditSession session)
    {
        try
        {
            var call = AuditCall.Of(session, Ids.New(time), session.Cost ?? prices.Cost(session.Model, session.Usage));
            if (!_queue.Writer.TryWrite(call))
            {
                Drop(1, "full");
            }
        }
        catch (Exception)
        {
            // Whatever is wrong with a record (an id that is none, a price that overflows) must not reach the call that it is about.
            Drop(1, "invalid");
        }
    }

    /// <summary>Counts records that will not be stored.</summary>
    public void Drop(int records, string reason)
    {
        Interlocked.Add(ref _dropped, records);
        GranaryLlmInstruments.AuditDropped(reason, records);
    }

    /// <summary>Takes no more records: they are dropped as if the queue were full.</summary>
    public void Close() => _queue.Writer.TryComplete();
}
