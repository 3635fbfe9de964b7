using System.Text.Json;
using Granary.Serialization;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    private static async Task<List<SessionRecord>> ExportAsync(ISessionMemory session)
    {
        var records = new List<SessionRecord>();
        string? cursor = null;
        do
        {
            var page = await session.ExportAsync(cursor);
            records.AddRange(page.Records);
            cursor = page.Next;
        }
        while (cursor is not null);

        // Through JSON and back, as a file would be.
        return [.. records.Select(r => JsonSerializer.Deserialize(JsonSerializer.Serialize(r, GranaryJson.Default.SessionRecord), GranaryJson.Default.SessionRecord)!)];
    }

    private static async Task ImportAsync(ISessionMemory session, IReadOnlyList<SessionRecord> records, int chunk = 7, string import = "i1")
    {
        var chunks = records.Chunk(chunk).ToList();
        for (var i = 0; i < chunks.Count; i++)
        {
            await session.ImportAsync(new SessionImportChunk { ImportId = import, Records = chunks[i], First = i == 0, Final = i == chunks.Count - 1 });
        }
    }

    private async Task<ISessionMemory> RichSessionAsync(string id = "rich")
    {
        var session = Memory.Session(id);
        await session.StartAsync(new StartSessionOptions { SystemPrompt = "Be kind.", AgentId = "helper" });
        for (var turn = 1; turn <= 15; turn++)
        {
            await session.AppendAsync(Turn(turn, turn % 2 == 0 ? $"key-{turn}" : null));
        }

        await session.CompactAsync(new CompactOptions { Force = true });
        await session.AppendAsync(Append(User("call"), Call("c1"), Result("c1"), Assistant("ok")));
        await session.CompactAsync(new CompactOptions { Force = true, Strategy = CompactionStrategy.Fifo });
        return session;
    }

    [Fact]
    public async Task An_export_imported_elsewhere_is_the_same_session_with_its_epochs_and_keys()
    {
        var source = await RichSessionAsync();
        var records = await ExportAsync(source);
        var target = Memory.Session("rich", user: "bob");
        await ImportAsync(target, records);
        (await HistoryAsync(target)).Select(Json).ShouldBe((await HistoryAsync(source)).Select(Json));
        (await target.GetContextAsync()).Messages.Select(m => m.Content).ShouldBe((await source.GetContextAsync()).Messages.Select(m => m.Content));
        (await target.GetEpochAsync(1)).Messages.Count.ShouldBe((await source.GetEpochAsync(1)).Messages.Count);
        (await target.AppendAsync(Turn(4, "key-4"))).Repeated.ShouldBeTrue();
        (await target.GetInfoAsync()).AgentId.ShouldBe("helper");
        (await Memory.User("bob").ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem();
        (await ExportAsync(target)).Count.ShouldBe(records.Count);
    }

    [Fact]
    public async Task An_import_stays_invisible_until_its_last_record_is_stored()
    {
        var records = await ExportAsync(await RichSessionAsync());
        var target = Memory.Session("new");
        await target.ImportAsync(new SessionImportChunk { ImportId = "i", Records = [.. records.Take(5)], First = true });
        await Should.ThrowAsync<NotFoundException>(async () => await target.GetContextAsync());
        (await Should.ThrowAsync<ConflictException>(async () => await target.AppendAsync(Turn(1)))).Code.ShouldBe(ErrorCodes.AlreadyExists);
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.Count.ShouldBe(1);
        await target.ImportAsync(new SessionImportChunk { ImportId = "i", Records = [.. records.Skip(5)], Final = true });
        (await target.GetContextAsync()).TurnCount.ShouldBe(16);
    }

    [Fact]
    public async Task An_unfinished_import_gives_way_to_a_new_one_and_is_cleared_away_in_time()
    {
        var records = await ExportAsync(await RichSessionAsync());
        var target = Memory.Session("new");
        await target.ImportAsync(new SessionImportChunk { ImportId = "i1", Records = [.. records.Take(9)], First = true });
        await Memory.RestartAsync();
        await Should.ThrowAsync<ConflictException>(() => Memory.Session("new").ImportAsync(new SessionImportChunk { ImportId = "i1", Records = [records[9]] }));
        await ImportAsync(Memory.Session("new"), records, import: "i2");
        (await HistoryAsync(Memory.Session("new"))).Count.ShouldBe(35);

        var abandoned = Memory.Session("abandoned");
        await abandoned.ImportAsync(new SessionImportChunk { ImportId = "i3", Records = [.. records.Take(9)], First = true });
        Memory.Time.Advance(TimeSpan.FromHours(2));
        await Memory.MaintainAsync();
        (await Memory.Store.Inner.ReadAsync("session/acme/ada/abandoned", new Core.Storage.DocumentRange("0", "z"))).Documents.ShouldBeEmpty();
        (await abandoned.AppendAsync(Turn(1))).FirstSequence.ShouldBe(1);
    }

    [Fact]
    public async Task Importing_over_a_session_that_exists_is_refused()
    {
        var records = await ExportAsync(await RichSessionAsync());
        await Memory.Session().AppendAsync(Turn(1));
        (await Should.ThrowAsync<ConflictException>(() => ImportAsync(Memory.Session(), records))).Code.ShouldBe(ErrorCodes.AlreadyExists);
        (await HistoryAsync(Memory.Session())).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Records_that_do_not_follow_are_refused_and_the_session_stays_invisible()
    {
        var records = await ExportAsync(await RichSessionAsync());
        var header = records[0];
        foreach (var broken in (SessionRecord[][])[[records[1]], [header, records[2]], [header, records[1], records[1]], [header, header], [header, records[^1]], [header, records[1]]])
        {
            await Should.ThrowAsync<InvalidRequestException>(() => ImportAsync(Memory.Session("broken"), broken, chunk: 100, import: Guid.NewGuid().ToString("n")));
            await Should.ThrowAsync<NotFoundException>(async () => await Memory.Session("broken").GetContextAsync());
        }

        await ImportAsync(Memory.Session("broken"), records);
    }

    [Fact]
    public async Task A_completed_session_stays_completed_with_its_summary()
    {
        var source = await RichSessionAsync();
        var end = await source.EndAsync();
        var target = Memory.Session("copy");
        await ImportAsync(target, await ExportAsync(source));
        var info = await target.GetInfoAsync();
        (info.Status, info.CumulativeSummary).ShouldBe((SessionStatus.Completed, end.Summary));
    }
}
