using Granary.Storage.Sqlite.Writing;

namespace Granary.Storage.Sqlite.Tests;

public sealed class PartitionCacheTests
{
    private readonly PartitionCache _cache = new(rowsPerGeneration: 3);

    [Fact]
    public void It_keeps_what_is_used_and_forgets_what_is_not()
    {
        var kept = Row(0);
        _cache.Add("kept", kept);
        for (var i = 1; i <= 20; i++)
        {
            _cache.Add($"p/{i}", Row(i));
            _cache.Find("kept").ShouldBeSameAs(kept);
        }

        Enumerable.Range(1, 20).Count(i => _cache.Find($"p/{i}") is not null).ShouldBeLessThanOrEqualTo(6);
        _cache.Find("p/20").ShouldNotBeNull();
    }

    [Fact]
    public void What_is_removed_is_gone_from_both_generations()
    {
        for (var i = 0; i < 5; i++)
        {
            _cache.Add($"p/{i}", Row(i));
        }

        for (var i = 0; i < 5; i++)
        {
            _cache.Remove($"p/{i}");
            _cache.Find($"p/{i}").ShouldBeNull();
        }
    }

    private static PartitionRow Row(long key) => new() { Key = key, Version = 1, Due = null, ErasedAt = null };
}
