using Granary.Conformance.Stores;
using Granary.Core.Storage;

namespace Granary.Conformance;

public abstract partial class PartitionStoreConformance
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_large_partition_of_map_documents_stays_equal_to_its_model(int seed)
    {
        var model = new PartitionModel(seed, P, id => $"r:{id:x4}", LargePartitionDocuments);
        await model.FillAsync(Store);
        for (var step = 0; step < ModelSteps; step++)
        {
            await model.ChangeAsync(Store, step);
            await model.CompareAsync(Store, step);
        }

        await model.CompareAllAsync(Store);
    }

    [Fact]
    public async Task A_long_log_is_appended_and_read_from_any_sequence()
    {
        // A log document is named after its first message and holds one to three: a floor finds the one that covers a sequence.
        var random = new Random(3);
        var (version, next, starts) = (PartitionVersion.None, 1L, new List<long>());
        for (var append = 0; append < Math.Max(ModelSteps, 100); append++)
        {
            version = await Store.WriteAsync(P, version, StoreCalls.Put("h", $"{next}"), StoreCalls.Insert($"m:{next:D20}", $"{next}"));
            starts.Add(next);
            next += random.Next(1, 4);
        }

        for (var i = 0; i < 50; i++)
        {
            var sequence = random.NextInt64(1, next);
            var covering = starts.Last(s => s <= sequence);
            var page = await Store.ReadAsync(P, new DocumentRange($"m:{sequence:D20}", "m;") { Floor = "m:", Limit = 10 });
            page.Documents.Select(d => d.Id).ShouldBe(starts.Where(s => s >= covering).Take(10).Select(s => $"m:{s:D20}"));
        }

        (await Store.ReadAllAsync(P, DocumentRange.Prefix("m:"))).Select(d => d.Id).ShouldBe(starts.Select(s => $"m:{s:D20}"));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    public async Task Any_sequence_of_calls_is_answered_as_by_the_reference(int seed)
    {
        var run = new ReferenceRun(seed, Store, new InMemoryPartitionStore(Fixture.Time), Fixture.Time);
        for (var step = 0; step < ModelSteps; step++)
        {
            await run.StepAsync(step);
        }

        await run.CompareAllAsync();
    }
}
