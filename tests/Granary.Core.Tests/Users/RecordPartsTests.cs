using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Storage;
using Granary.Core.Users;
using Granary.Core.Users.Records;

namespace Granary.Core.Tests.Users;

/// <summary>The parts that a user's records are made of.</summary>
public class RecordPartsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Zoe\u0308", "Zoë")]
    [InlineData("\u212B \u2126", "Å Ω")]
    [InlineData("e\u0302\u0323", "\u1EC7")]
    [InlineData("\u00EA\u0323", "\u1EC7")]
    [InlineData("\u1EB9\u0302", "\u1EC7")]
    [InlineData("\u1112\u1161\u11AB\u1100\u1173\u11AF", "한글")]
    [InlineData("\u0915\u093C", "\u0915\u093C")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    [InlineData("\U000110A5\U000110BA", "\U000110AB")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u0301 alone 🙂 漢字", "\u0301 alone 🙂 漢字")]
    public void Text_is_composed_as_Unicode_says(string text, string expected)
    {
        ComposedText.Of(text).ShouldBe(expected);
        ComposedText.Of(expected).ShouldBe(expected);
    }

    [Theory]
    [InlineData(" a  b\r\n\tc\u00A0\u2003d ", "a b c d")]
    [InlineData("plain text", "plain text")]
    [InlineData("Case Stays", "Case Stays")]
    [InlineData("\u3000ü", "ü")]
    public void Equal_texts_differ_in_white_space_only(string text, string normal)
    {
        ContentKey.Normalise(text).ShouldBe(normal);
        ContentKey.Of(MemoryKind.Fact, "a", text).ShouldBe(ContentKey.Of(MemoryKind.Fact, "a", normal));
        ContentKey.Of(MemoryKind.Fact, "a", text).ShouldNotBe(ContentKey.Of(MemoryKind.Fact, "b", text));
        ContentKey.Of(MemoryKind.Fact, "a", text).ShouldNotBe(ContentKey.Of(MemoryKind.Summary, "a", text));
    }

    [Theory]
    [InlineData(MemoryImportance.Medium, 1, 0, 0, 0, 1.3)]
    [InlineData(MemoryImportance.Medium, 1, 0, 30, 30, 0.36787944)]
    [InlineData(MemoryImportance.High, 0.5, 0, 30, 30, 0.41386437)]
    [InlineData(MemoryImportance.Low, 0, 0, 0, 8, 0.35)]
    [InlineData(MemoryImportance.Medium, 1, 10, 30, 100, 0.74504)]
    [InlineData(MemoryImportance.Medium, 1, 0, 6.9, 6.9, 1.09453)]
    public void Retention_follows_the_formula(MemoryImportance importance, double confidence, int accesses, double sinceAccess, double age, double expected) =>
        RetentionScore.Of(importance, confidence, accesses, TimeSpan.FromDays(sinceAccess), TimeSpan.FromDays(age)).ShouldBe(expected, 0.0001);

    [Fact]
    public void The_table_finds_what_was_put_in_by_id_and_by_key() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100),
        Prop.ForAll(Arb.From(Gen.Choose(0, 1_000_000).ArrayOf(2_000)), steps =>
        {
            var table = new RecordTable();
            var model = new Dictionary<string, RecordDocument>();
            foreach (var step in steps)
            {
                var number = 1 + (step % 300);
                var id = number % 3 == 0 ? $"name-{number}" : RecordIds.Make(number, (uint)number * 77);
                if (step % 5 == 0)
                {
                    table.Remove(id);
                    model.Remove(id);
                }
                else
                {
                    table.Put(model[id] = Document(id, number, (UInt128)(step / 300 % 40)));
                }
            }

            table.Count.ShouldBe(model.Count);
            foreach (var number in Enumerable.Range(1, 300))
            {
                var id = number % 3 == 0 ? $"name-{number}" : RecordIds.Make(number, (uint)number * 77);
                var place = table.Find(id);
                (place >= 0).ShouldBe(model.ContainsKey(id));
                if (place >= 0)
                {
                    (table[place].Id, table[place].Key, table[place].IsFrom(table.Names.Find("s2"))).ShouldBe((id, model[id].Key, true));
                }
            }

            for (var key = 0; key < 40; key++)
            {
                var found = new List<string>();
                for (var place = table.FindByKey((UInt128)key); place >= 0; place = table.NextOfKey(place))
                {
                    found.Add(table[place].Id);
                }

                found.Order().ShouldBe(model.Values.Where(d => d.Key == (UInt128)key).Select(d => d.Id).Order());
            }
        }));

    [Fact]
    public void A_row_takes_about_140_bytes()
    {
        const int Count = 100_000;
        var documents = Enumerable.Range(1, Count).Select(i => Document(RecordIds.Make(i, (uint)i), i, (UInt128)(ulong)(i * 7919L))).ToArray();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var table = new RecordTable();
        foreach (var document in documents)
        {
            table.Put(document with { Record = document.Record with { Sources = [new MemorySource("s1")] } });
        }

        ((GC.GetTotalMemory(forceFullCollection: true) - before) / Count).ShouldBeLessThan(155);
        table.Count.ShouldBe(documents.Length);
    }

    [Fact]
    public void Writes_come_back_from_the_list_of_them_and_fit_into_commits()
    {
        var writes = Enumerable.Range(0, 200)
            .Select(i => i % 4 == 0 ? DocumentWrite.Delete($"y:{i}") : DocumentWrite.Put($"r:{i}", Enumerable.Repeat((byte)i, i * 70).ToArray())).ToList();
        var decoded = RedoDocument.Decode(RedoDocument.Encode(writes));
        decoded.Select(w => (w.Kind, w.Id)).ShouldBe(writes.Select(w => (w.Kind, w.Id)));
        decoded.Select(w => Convert.ToBase64String(w.Body.Span)).ShouldBe(writes.Select(w => Convert.ToBase64String(w.Body.Span)));
        var steps = RedoDocument.Steps("b:1", decoded).ToList();
        steps.ShouldAllBe(s => StorageGuard.CheckCommit(new PartitionCommit { Partition = "p", Expected = PartitionVersion.None, Writes = s }) > 0);
        steps.SelectMany(s => s).Select(w => w.Id).ShouldBe([.. writes.Select(w => w.Id), "b:1"]);
        Should.Throw<InvalidDataException>(() => RedoDocument.Decode(new byte[] { 9, 0, 0, 0, 0 }));
    }

    [Theory]
    [InlineData("mem_00000001000000ff", 1, 255)]
    [InlineData("mem_7fffffffffffffff", 0x7fffffff, 0xffffffff)]
    public void Ids_come_back_from_their_parts(string id, long number, long random)
    {
        RecordIds.TryParse(id, out var readNumber, out var readRandom).ShouldBeTrue();
        (readNumber, readRandom).ShouldBe((number, (uint)random));
        RecordIds.Make(readNumber, readRandom).ShouldBe(id);
        RecordIds.TryParse(id.ToUpperInvariant(), out _, out _).ShouldBeFalse();
        RecordIds.TryParse(id.Replace('f', 'F'), out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Lifecycle_settings_out_of_range_are_named()
    {
        new MemoryLifecycleOptions { ArchiveInactiveDays = 90 }.Validate();
        Should.Throw<InvalidOperationException>(() => new MemoryLifecycleOptions { ArchiveInactiveDays = 0 }.Validate()).Message.ShouldContain("ArchiveInactiveDays");
        Should.Throw<InvalidOperationException>(() => new MemoryLifecycleOptions { PurgeArchivedDays = 0 }.Validate()).Message.ShouldContain("PurgeArchivedDays");
        Should.Throw<InvalidOperationException>(() => new MemoryLifecycleOptions { PurgeDeletedDays = 29 }.Validate()).Message.ShouldContain("PurgeDeletedDays");
    }

    [Fact]
    public void Every_field_of_a_draft_that_breaks_a_rule_is_named()
    {
        var good = new MemoryDraft { Content = "x" };
        void Refuses(MemoryDraft draft, string field) =>
            Should.Throw<InvalidRequestException>(() => MemoryValidator.Validate(new RememberRequest([good, draft]), Now)).Field.ShouldBe("memories[1]" + field);
        Refuses(null!, "");
        Refuses(good with { Id = "a b" }, ".id");
        Refuses(good with { Kind = (MemoryKind)9 }, ".kind");
        Refuses(good with { AgentId = "" }, ".agent_id");
        Refuses(good with { Content = null! }, ".content");
        Refuses(good with { Content = " \u2003\n" }, ".content");
        Refuses(good with { Content = "\uD800" }, ".content");
        Refuses(good with { Metadata = System.Text.Json.JsonElement.Parse("[]") }, ".metadata");
        Refuses(good with { Category = "" }, ".category");
        Refuses(good with { Confidence = double.NaN }, ".confidence");
        Refuses(good with { Confidence = 1.01 }, ".confidence");
        Refuses(good with { Importance = (MemoryImportance)(-1) }, ".importance");
        Refuses(good with { EventTime = Now.AddYears(-200) }, ".event_time");
        Refuses(good with { ValidFrom = Now, ValidTo = Now.AddDays(-1) }, ".valid_to");
        Refuses(good with { ExpiresAt = Now }, ".expires_at");
        Refuses(good with { ExpiresAt = Now.AddHours(MemoryLimits.MaxTtlHours + 1) }, ".expires_at");
        Refuses(good with { CreatedAt = Now.AddDays(2) }, ".created_at");
        Refuses(good with { Sources = [.. Enumerable.Range(0, 21).Select(i => new MemorySource($"s{i}"))] }, ".sources");
        Refuses(good with { Sources = [new MemorySource("a b")] }, ".sources[0].session_id");
        Refuses(good with { Sources = [new MemorySource("s", 0)] }, ".sources[0].first_sequence");
        Refuses(good with { Sources = [new MemorySource("s", 3, 2)] }, ".sources[0].last_sequence");
        Should.Throw<TooLargeException>(() => MemoryValidator.Validate(new RememberRequest([good with { Content = new string('ü', 40_000) }]), Now)).Field.ShouldBe("memories[0].content");
        Should.Throw<TooLargeException>(() => MemoryValidator.Validate(new RememberRequest([.. Enumerable.Repeat(good, 101)]), Now)).Field.ShouldBe("memories");
        Should.Throw<TooLargeException>(() => MemoryValidator.Validate(new RememberRequest([.. Enumerable.Repeat(good with { Content = new string('x', 60_000) }, 18)]), Now)).Field.ShouldBe("memories");
        Should.Throw<InvalidRequestException>(() => MemoryValidator.Validate(new RememberRequest([]), Now)).Field.ShouldBe("memories");
    }

    private static RecordDocument Document(string id, long number, UInt128 key)
    {
        var record = new MemoryRecord
        {
            Id = id,
            Kind = MemoryKind.Fact,
            AgentId = "default",
            Content = "x",
            CreatedAt = Now,
            UpdatedAt = Now,
            Sources = [new MemorySource("s1"), new MemorySource("s2"), new MemorySource("s2", 3)],
        };
        return RecordDocument.New(number, record, key, Now, null);
    }
}
