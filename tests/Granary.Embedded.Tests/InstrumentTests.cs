using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Granary.Embedded.Tests;

public sealed class InstrumentTests
{
    [Fact]
    public async Task What_is_stored_repeated_and_folded_is_counted()
    {
        var counts = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "Granary.Core")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => counts.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.Start();

        await using var memory = new EmbeddedFixture();
        for (var turn = 0; turn < 8; turn++)
        {
            var request = new AppendRequest { Messages = [new() { Role = MessageRole.User, Content = $"turn {turn}" }], IdempotencyKey = $"k{turn}" };
            await memory.Session().AppendAsync(request);
            await memory.Session().AppendAsync(request);
        }

        await memory.Session().CompactAsync(new CompactOptions { Force = true });

        // Other tests of this process count too: at least what was done here.
        counts["granary.memory.messages"].ShouldBeGreaterThanOrEqualTo(8);
        counts["granary.memory.tokens"].ShouldBeGreaterThanOrEqualTo(8);
        counts["granary.memory.repeats"].ShouldBeGreaterThanOrEqualTo(8);
        counts["granary.memory.compactions"].ShouldBeGreaterThanOrEqualTo(1);
        counts["granary.memory.folded"].ShouldBeGreaterThanOrEqualTo(4);
    }
}
