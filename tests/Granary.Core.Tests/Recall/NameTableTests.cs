using Granary.Core.Recall.Lexical;

namespace Granary.Core.Tests.Recall;

public class NameTableTests
{
    [Fact]
    public void Many_names_take_memory_in_proportion()
    {
        const int count = 20_000;
        var names = new NameTable();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
        {
            names.GetOrAdd($"name{i}").ShouldBe(i);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(count * 4_096L);
        names.GetOrAdd("name7").ShouldBe(7);
        (names.All.Count, names[count - 1].Text, names.All[3].Terms.Count).ShouldBe((count, "name19999", 1));
    }

    [Fact]
    public async Task Readers_see_whole_names_while_others_are_added()
    {
        var names = new NameTable();
        var reading = Task.Run(() =>
        {
            for (var seen = 0; seen < 5_000;)
            {
                var all = names.All;
                for (seen = 0; seen < all.Count; seen++)
                {
                    all[seen].Text.ShouldBe($"n{seen}");
                }
            }
        });
        for (var i = 0; i < 5_000; i++)
        {
            names.GetOrAdd($"n{i}");
        }

        await reading;
    }
}
