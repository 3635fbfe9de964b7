namespace Granary.Conformance.Providers;

public abstract partial class MemoryProviderConformance
{
    private const int Callers = 16;

    [Fact]
    public async Task Concurrent_adders_of_different_memories_lose_none()
    {
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(number => Task.Run(() => RememberAsync($"tea {number}"))));
        (await ListAsync()).Select(memory => memory.Content).ShouldBe(Enumerable.Range(0, Callers).Select(number => $"tea {number}"), ignoreOrder: true);
    }

    [Fact]
    public async Task Concurrent_adders_of_the_same_content_leave_one_where_that_is_promised()
    {
        if (!Fixture.KeepsOnce)
        {
            return;
        }

        var kept = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => RememberAsync("Ada likes tea"))));
        kept.Select(memory => memory.Id).Distinct().ShouldHaveSingleItem();
        kept.Count(memory => !memory.Duplicate).ShouldBe(1);
        (await ListAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Concurrent_repeats_of_one_id_leave_one()
    {
        if (!Fixture.TakesIds)
        {
            return;
        }

        var kept = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => RememberAsync("tea", id: "m1"))));
        kept.Count(memory => !memory.Duplicate).ShouldBe(1);
        (await ListAsync()).ShouldHaveSingleItem().Id.ShouldBe("m1");
    }

    [Fact]
    public async Task Of_concurrent_contents_for_one_id_one_wins()
    {
        if (!Fixture.TakesIds)
        {
            return;
        }

        var outcomes = await Task.WhenAll(Enumerable.Range(0, Callers).Select(number => Task.Run(async () =>
        {
            try
            {
                return (await RememberAsync($"tea {number}", id: "m1")).Content;
            }
            catch (ConflictException)
            {
                return null;
            }
        })));
        var winner = outcomes.OfType<string>().ShouldHaveSingleItem();
        (await ListAsync()).ShouldHaveSingleItem().Content.ShouldBe(winner);
    }

    [Fact]
    public async Task Of_concurrent_deletes_one_says_that_it_was_there()
    {
        var kept = await RememberAsync("tea");
        var deleted = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => Provider.DeleteAsync(Ada, kept.Id))));
        deleted.Count(was => was).ShouldBe(1);
        (await ListAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_calls_leave_what_a_model_says(int seed)
    {
        var random = new Random(seed);
        UserKey[] users = [Ada, new("acme", "bob"), new("other", "ada")];
        var model = users.ToDictionary(user => user, _ => new List<(string Id, string Content)>());
        for (var step = 0; step < 80; step++)
        {
            var user = users[random.Next(users.Length)];
            var known = model[user];
            switch (random.Next(10))
            {
                case < 6:
                    var content = $"tea {step}";
                    known.Insert(0, ((await RememberAsync(content, user)).Id, content));
                    await Fixture.TickAsync();
                    break;
                case < 9 when known.Count > 0:
                    var at = random.Next(known.Count);
                    (await Provider.DeleteAsync(user, known[at].Id)).ShouldBeTrue();
                    known.RemoveAt(at);
                    break;
                case 9 when random.Next(4) == 0:
                    var erased = await Provider.EraseAsync(user);
                    erased.ShouldBe(Fixture.Counts ? known.Count : erased);
                    known.Clear();
                    break;
            }

            if (step % 10 == 9)
            {
                foreach (var (owner, memories) in model)
                {
                    (await ListAsync(owner)).Select(memory => (memory.Id, memory.Content)).ShouldBe(memories);
                }
            }
        }
    }
}
