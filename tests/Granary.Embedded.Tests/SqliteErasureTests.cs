using System.Text;
using System.Text.Json;
using Granary.Storage.Sqlite;

namespace Granary.Embedded.Tests;

/// <summary>What the files of a SQLite store hold of an erased user.</summary>
public sealed class SqliteErasureTests : IDisposable
{
    private const string Secret = "xylophone";
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task No_byte_of_an_erased_user_s_text_is_in_the_files_neither_of_sessions_nor_memories_nor_the_index()
    {
        var memory = new EmbeddedFixture(store: time => new SqlitePartitionStore(new SqliteStoreOptions { Folder = _folder }, time));
        for (var i = 0; i < 12; i++)
        {
            // More than a segment of the index holds.
            await memory.Session($"s{i % 3}").AppendAsync(new AppendRequest
            {
                Messages = [.. Enumerable.Range(0, 100).Select(n => new Message { Role = MessageRole.User, Content = $"{Secret} number {i}-{n}" })],
            });
        }

        await memory.Session("s0").CompactAsync(new CompactOptions { Force = true });
        await memory.Session("s1").EndAsync();
        await memory.User().RememberAsync(new RememberRequest([new MemoryDraft { Content = $"owns a {Secret}" }]));
        await memory.User("bob").RememberAsync(new RememberRequest([new MemoryDraft { Content = "owns a marimba" }]));
        (await memory.User().RecallAsync(new RecallRequest { Query = Secret })).Hits.ShouldNotBeEmpty();
        (await memory.Store.ReadAsync("user/acme/ada", new("x:", "x;"))).Documents.ShouldNotBeEmpty();
        Occurrences(Secret).ShouldBeGreaterThan(0);
        (await memory.User().EraseAsync()).Status.ShouldBe(UserErasureStatus.Completed);
        await ((SqlitePartitionStore)memory.Store.Inner).DisposeAsync();
        Occurrences(Secret).ShouldBe(0);
        Occurrences("marimba").ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task No_byte_of_what_was_changed_deleted_learned_or_forgotten_is_in_the_files_after_the_user_s_erasure()
    {
        var memory = new EmbeddedFixture(store: time => new SqlitePartitionStore(new SqliteStoreOptions { Folder = _folder }, time));
        var user = memory.User();
        var kept = (await user.RememberAsync(new RememberRequest(
            [.. Enumerable.Range(0, 100).Select(n => new MemoryDraft { Content = $"owns {Secret} number {n}", Metadata = JsonElement.Parse($$"""{"of":"{{Secret}}"}""") })]))).Outcomes;
        for (var revision = 0; revision < 70; revision++)
        {
            // Enough changes for runs of the history to be closed.
            await user.UpdateMemoryAsync(kept[0].Record.Id, new MemoryPatch { Content = $"sold {Secret} {revision}", Reason = $"no more {Secret}" });
        }

        await user.DeleteMemoryAsync(kept[1].Record.Id, $"never had a {Secret}");
        await user.DeleteMemoryAsync(kept[2].Record.Id, purge: true);
        await user.ForgetAsync(new ForgetRequest { Keep = 50 });
        await user.ForgetAsync(new ForgetRequest { Keep = 20, Archive = true });
        await memory.Session().AppendAsync(new AppendRequest { Messages = [new Message { Role = MessageRole.User, Content = $"I live in {Secret}ville." }] });
        await memory.Session().EndAsync();
        (await user.RecallAsync(new RecallRequest { Query = Secret, Touch = true })).Hits.ShouldNotBeEmpty();
        await memory.RestartAsync();
        await memory.User().RecallAsync(new RecallRequest { Query = Secret });

        (await memory.User().EraseAsync()).Status.ShouldBe(UserErasureStatus.Completed);

        await ((SqlitePartitionStore)memory.Store.Inner).DisposeAsync();
        Occurrences(Secret).ShouldBe(0);
    }

    private int Occurrences(string text)
    {
        var found = 0;
        foreach (var file in Directory.GetFiles(_folder).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            var rest = bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            for (var at = rest.IndexOf(Encoding.ASCII.GetBytes(text)); at >= 0; at = rest.IndexOf(Encoding.ASCII.GetBytes(text)))
            {
                found++;
                rest = rest[(at + text.Length)..];
            }
        }

        return found;
    }
}
