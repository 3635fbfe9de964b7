using Granary.Conformance.Stores;
using Granary.Core.Storage;

namespace Granary.Embedded.Tests;

/// <summary>Segments of the recall index hold what one commit takes, however many sessions are read at a time.</summary>
public sealed class SegmentTests
{
    private const int Sessions = 3;

    [Fact]
    public async Task Sessions_that_are_read_at_a_time_do_not_overfill_a_segment()
    {
        var memory = new EmbeddedFixture();
        for (var s = 0; s < Sessions; s++)
        {
            for (var append = 0; append < 11; append++)
            {
                // A session is a segment: more than a thousand passages, of words that never come again.
                await memory.Session($"s{s}").AppendAsync(new AppendRequest
                {
                    Messages = [.. Enumerable.Range(0, 100).Select(n => new Message { Role = MessageRole.User, Content = string.Join(' ', Enumerable.Range(0, 60).Select(w => $"q{s}x{append}x{n}x{w}")) })],
                });
            }

            await memory.Session($"s{s}").EndAsync();
        }

        await memory.RestartAsync();
        using (var opening = HoldSessions())
        {
            var recalling = memory.User().RecallAsync(new RecallRequest { Query = "q1x2x3x4" });
            await ArrivedAsync(opening);
            using var reading = HoldSessions();
            opening.Dispose();
            await ArrivedAsync(reading);
            reading.Dispose();
            (await recalling).Hits.ShouldNotBeEmpty();
        }

        var stored = new List<Document>();
        for (DocumentRange? range = DocumentRange.Prefix("x:"); range is { } next;)
        {
            var page = await memory.Store.Inner.ReadAsync("user/acme/ada", next);
            stored.AddRange(page.Documents);
            range = page.Next is null ? null : next with { From = page.Next };
        }

        stored.Count.ShouldBe(Sessions);

        PartitionGate HoldSessions() => memory.Store.HoldReads(partition => partition.StartsWith("session/", StringComparison.Ordinal));

        static async Task ArrivedAsync(PartitionGate gate)
        {
            for (var s = 0; s < Sessions; s++)
            {
                await gate.ArrivalAsync();
            }
        }
    }
}
