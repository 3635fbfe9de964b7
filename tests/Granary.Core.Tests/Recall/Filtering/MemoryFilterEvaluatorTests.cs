using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Recall.Filtering;

namespace Granary.Core.Tests.Recall.Filtering;

public class MemoryFilterEvaluatorTests
{
    private const string Metadata = """
        {"n":5,"price":12.50,"t":"Green Tea","when":"2024-05-01T10:00:00+02:00","tags":["a","B",3],"flag":true,"none":null,
         "o":{"p":{"q":"deep"},"x":1},"a.b":{"c":7}}
        """;

    private static readonly JsonElement Stored = JsonElement.Parse(Metadata);

    [Theory]
    [InlineData("""{"n":5}""")]
    [InlineData("""{"n":5.0}""")]
    [InlineData("""{"n":{"eq":5,"gt":4,"gte":5,"lt":6,"lte":5,"ne":4}}""")]
    [InlineData("""{"price":{"gt":12.4}}""")]
    [InlineData("""{"t":"Green Tea"}""")]
    [InlineData("""{"t":{"contains":"Tea","icontains":"green"}}""")]
    [InlineData("""{"t":{"gt":"Green","lt":"Greenland"}}""")]
    [InlineData("""{"when":{"gte":"2024-05-01T08:00:00Z","lt":"2024-05-01T08:00:01Z"}}""")]
    [InlineData("""{"when":{"gt":"2024-04-30"}}""")]
    [InlineData("""{"tags":{"contains":"a"}}""")]
    [InlineData("""{"tags":{"icontains":"b"}}""")]
    [InlineData("""{"tags":{"contains":3.0}}""")]
    [InlineData("""{"tags":["a","B",3]}""")]
    [InlineData("""{"n":{"in":[1,5]},"t":{"nin":["Coffee"]}}""")]
    [InlineData("""{"flag":true,"none":null}""")]
    [InlineData("""{"o.p.q":"deep","o.x":{"lt":2}}""")]
    [InlineData("""{"a.b":{"eq":{"c":7}}}""")]
    [InlineData("""{"a.b.c":7}""")]
    [InlineData("""{"o":{"eq":{"x":1,"p":{"q":"deep"}}}}""")]
    [InlineData("""{"n":"*","none":"*"}""")]
    [InlineData("""{"n":{"exists":true},"zzz":{"exists":false}}""")]
    [InlineData("""{"zzz":{"ne":1}}""")]
    [InlineData("""{"zzz":{"nin":[1]}}""")]
    [InlineData("""{"OR":[{"n":1},{"t":"Green Tea"}]}""")]
    [InlineData("""{"AND":[{"n":5},{"NOT":{"t":"Coffee"}}]}""")]
    [InlineData("""{"NOT":[{"n":1},{"n":2}]}""")]
    [InlineData("{}")]
    public void These_conditions_hold(string condition)
    {
        Compile(condition).AdmitsMetadata(Stored).ShouldBeTrue();
        Compile($$"""{"NOT":{{condition}}}""").AdmitsMetadata(Stored).ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"n":"5"}""")]
    [InlineData("""{"n":{"gt":5}}""")]
    [InlineData("""{"n":{"gt":4,"lt":5}}""")]
    [InlineData("""{"n":{"gt":"4"}}""")]
    [InlineData("""{"t":{"contains":"tea"}}""")]
    [InlineData("""{"flag":{"gt":0}}""")]
    [InlineData("""{"tags":"a"}""")]
    [InlineData("""{"zzz":"*"}""")]
    [InlineData("""{"zzz":null}""")]
    [InlineData("""{"zzz":{"lt":1}}""")]
    [InlineData("""{"zzz":{"exists":true}}""")]
    [InlineData("""{"t.u":{"exists":true}}""")]
    [InlineData("""{"o":{"eq":{"x":1}}}""")]
    [InlineData("""{"n":5,"t":"Coffee"}""")]
    [InlineData("""{"OR":[{"n":1},{"n":2}]}""")]
    [InlineData("""{"NOT":[{"n":1},{"n":5}]}""")]
    public void These_do_not(string condition) => Compile(condition).AdmitsMetadata(Stored).ShouldBeFalse();

    [Theory]
    [InlineData("""[1]""", "filter.metadata")]
    [InlineData("""{"n":{"like":1}}""", "filter.metadata.n.like")]
    [InlineData("""{"n":{"eq":1,"$gt":1}}""", "filter.metadata.n.$gt")]
    [InlineData("""{"n":{}}""", "filter.metadata.n")]
    [InlineData("""{"n":{"in":1}}""", "filter.metadata.n.in")]
    [InlineData("""{"n":{"exists":1}}""", "filter.metadata.n.exists")]
    [InlineData("""{"n":{"gt":true}}""", "filter.metadata.n.gt")]
    [InlineData("""{"n":{"icontains":1}}""", "filter.metadata.n.icontains")]
    [InlineData("""{"AND":{"n":1}}""", "filter.metadata.AND")]
    [InlineData("""{"OR":[]}""", "filter.metadata.OR")]
    [InlineData("""{"NOT":1}""", "filter.metadata.NOT")]
    [InlineData("""{"AND":[{"OR":[{"n":{"like":1}}]}]}""", "filter.metadata.AND[0].OR[0].n.like")]
    public void What_is_not_understood_is_refused_by_name(string condition, string field) =>
        Should.Throw<InvalidRequestException>(() => Compile(condition)).Field.ShouldBe(field);

    [Theory]
    [InlineData("1e400", "gt", "1e399", true)]
    [InlineData("1e400", "eq", "10e399", true)]
    [InlineData("1e400", "lt", "1e401", true)]
    [InlineData("-1e400", "lt", "0", true)]
    [InlineData("1e-400", "gt", "0", true)]
    [InlineData("0e999", "eq", "-0.0", true)]
    [InlineData("1e99999999999999999999", "gt", "1e9999999999999999999", true)]
    [InlineData("9007199254740993", "eq", "9007199254740992", false)]
    [InlineData("0.12345678901234567890123456789012", "eq", "0.12345678901234567890123456789013", false)]
    [InlineData("0.12345678901234567890123456789012", "lt", "0.12345678901234567890123456789013", true)]
    [InlineData("12.50", "eq", "125e-1", true)]
    [InlineData("[1e99999999999]", "eq", "[10e99999999998]", true)]
    [InlineData("""{"a":[1e99999999999]}""", "eq", """{"a":[1]}""", false)]
    [InlineData("[1e99999999999]", "contains", "1e99999999999", true)]
    public void Numbers_are_compared_by_their_exact_value_however_large(string stored, string comparison, string operand, bool admits) =>
        Compile($$"""{"n":{"{{comparison}}":{{operand}} } }""").AdmitsMetadata(JsonElement.Parse($$"""{"n":{{stored}} }""")).ShouldBe(admits);

    [Fact]
    public void Numbers_are_compared_as_decimals_are() => Prop.ForAll<decimal, decimal>((a, b) =>
        Math.Sign(JsonNumbers.Compare(JsonElement.Parse(a.ToString(CultureInfo.InvariantCulture)), JsonElement.Parse(b.ToString(CultureInfo.InvariantCulture)))) == a.CompareTo(b)
        && JsonNumbers.Compare(JsonElement.Parse(a.ToString(CultureInfo.InvariantCulture)), JsonElement.Parse($"{a.ToString(CultureInfo.InvariantCulture)}e0")) == 0)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Without_metadata_only_conditions_on_what_is_missing_hold()
    {
        Compile("""{"n":5}""").AdmitsMetadata(null).ShouldBeFalse();
        Compile("""{"n":{"ne":5}}""").AdmitsMetadata(null).ShouldBeTrue();
        Compile("""{"n":{"exists":false}}""").AdmitsMetadata(null).ShouldBeTrue();
        MemoryFilterEvaluator.Compile(new MemoryFilter()).NeedsMetadata.ShouldBeFalse();
    }

    [Fact]
    public void Kinds_and_categories_leave_turns_out_and_a_role_leaves_records_out()
    {
        var kinds = MemoryFilterEvaluator.Compile(new MemoryFilter { Kinds = [MemoryKind.Fact] });
        (kinds.AdmitsTurns, kinds.AdmitsRecords, kinds.AdmitsTurn("s", "a", MessageRole.User, 0)).ShouldBe((false, true, false));
        kinds.AdmitsRecord(MemoryKind.Fact, "a", null, 0, false).ShouldBeTrue();
        kinds.AdmitsRecord(MemoryKind.Insight, "a", null, 0, false).ShouldBeFalse();
        var role = MemoryFilterEvaluator.Compile(new MemoryFilter { Role = MessageRole.User, SessionId = "s" });
        (role.AdmitsRecords, role.AdmitsRecord(MemoryKind.Fact, "a", null, 0, true)).ShouldBe((false, false));
        role.AdmitsTurn("s", "a", MessageRole.User, 0).ShouldBeTrue();
        role.AdmitsTurn("s", "a", MessageRole.Assistant, 0).ShouldBeFalse();
        role.AdmitsTurn("t", "a", MessageRole.User, 0).ShouldBeFalse();
        MemoryFilterEvaluator.Compile(new MemoryFilter { Categories = ["goals"] }).AdmitsTurns.ShouldBeFalse();
    }

    [Fact]
    public void A_time_begins_with_its_first_moment_and_ends_before_its_last()
    {
        var (from, to) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
        var filter = MemoryFilterEvaluator.Compile(new MemoryFilter { From = from, To = to, AgentId = "a" });
        filter.AdmitsTurn("s", "a", MessageRole.User, from.UtcTicks).ShouldBeTrue();
        filter.AdmitsTurn("s", "a", MessageRole.User, from.UtcTicks - 1).ShouldBeFalse();
        filter.AdmitsTurn("s", "a", MessageRole.User, to.UtcTicks).ShouldBeFalse();
        filter.AdmitsTurn("s", "b", MessageRole.User, from.UtcTicks).ShouldBeFalse();
        Should.Throw<InvalidRequestException>(() => MemoryFilterEvaluator.Compile(new MemoryFilter { From = to, To = from })).Field.ShouldBe("filter.to");
        Should.Throw<InvalidRequestException>(() => MemoryFilterEvaluator.Compile(new MemoryFilter { Kinds = [(MemoryKind)9] })).Field.ShouldBe("filter.kinds");
    }

    private static MemoryFilterEvaluator Compile(string condition) =>
        MemoryFilterEvaluator.Compile(new MemoryFilter { Metadata = JsonElement.Parse(condition) });
}
