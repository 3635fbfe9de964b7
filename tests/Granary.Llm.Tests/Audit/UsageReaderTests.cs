using Granary.Llm.Audit;

namespace Granary.Llm.Tests.Audit;

public sealed class UsageReaderTests
{
    private readonly AuditFixture _audit = new();

    [Fact]
    public async Task Days_are_summed_and_listed_in_their_order()
    {
        var first = _audit.Today;
        for (var day = 0; day < 3; day++)
        {
            for (var i = 0; i <= day; i++)
            {
                _audit.Log.Record(_audit.Call());
            }

            _audit.Time.Advance(TimeSpan.FromDays(2));
        }

        await _audit.WriteAsync();
        var report = await _audit.Reader.ReadAsync(new UsageQuery("acme", "ada", null, first, first.AddDays(300)));
        report.Totals.Calls.ShouldBe(6);
        report.Groups.Select(g => (g.Name, g.Totals.Calls)).ShouldBe([("2026-01-01", 1L), ("2026-01-03", 2L), ("2026-01-05", 3L)]);
        (await _audit.Reader.ReadAsync(new UsageQuery("acme", null, null, first.AddDays(1), first.AddDays(2)))).Totals.Calls.ShouldBe(2);
        (await _audit.Reader.ReadAsync(new UsageQuery("other", null, null, first, first.AddDays(9)))).Totals.Calls.ShouldBe(0);
        var models = await _audit.Reader.ReadAsync(new UsageQuery("acme", null, null, first, first.AddDays(9)) { By = UsageGrouping.Model });
        models.Groups.ShouldHaveSingleItem().Totals.Calls.ShouldBe(6);
    }

    [Fact]
    public async Task Long_lists_are_cut_and_say_so()
    {
        for (var i = 0; i < 300; i++)
        {
            _audit.Log.Record(_audit.Call($"user{i:000}", tokens: i));
        }

        await _audit.WriteAsync();
        var report = await _audit.Reader.ReadAsync(new UsageQuery("acme", null, null, _audit.Today, _audit.Today) { By = UsageGrouping.User, Limit = 2 });
        report.Groups.Select(g => g.Name).ShouldBe(["user299", "user298"]);
        report.Omitted.ShouldBe(298);
        report.Totals.Calls.ShouldBe(300);
    }

    [Fact]
    public async Task The_calls_of_a_day_come_in_pages()
    {
        for (var i = 0; i < 25; i++)
        {
            _audit.Log.Record(_audit.Call(i % 5 == 0 ? "ada" : "bob"));
            _audit.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await _audit.WriteAsync();
        var (first, next) = await _audit.Reader.CallsAsync("acme", _audit.Today, "ada", null, null, 3);
        var (rest, end) = await _audit.Reader.CallsAsync("acme", _audit.Today, "ada", null, next, 3);
        first.Concat(rest).Select(call => call.EndedAt.Second).ShouldBe([0, 5, 10, 15, 20]);
        end.ShouldBeNull();
    }

    [Theory]
    [InlineData(null, "s", 0, 1, UsageGrouping.Day, "session_id")]
    [InlineData(null, null, 1, 0, UsageGrouping.Day, "to")]
    [InlineData(null, null, 0, 366, UsageGrouping.Day, "to")]
    [InlineData("ada", null, 0, 1, UsageGrouping.Model, "by")]
    [InlineData("ada", "s", 0, 1, UsageGrouping.Session, "by")]
    [InlineData(null, null, 0, 1, UsageGrouping.Session, "by")]
    public async Task A_query_that_fits_nothing_is_refused_by_its_field(string? user, string? session, int from, int to, UsageGrouping by, string field)
    {
        var query = new UsageQuery("acme", user, session, _audit.Today.AddDays(from), _audit.Today.AddDays(to)) { By = by };
        (await Should.ThrowAsync<InvalidRequestException>(() => _audit.Reader.ReadAsync(query))).Field.ShouldBe(field);
    }
}
