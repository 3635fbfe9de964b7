using System.Text;
using Granary.Core.Storage;
using Granary.Llm.Audit;

namespace Granary.Llm.Tests.Audit;

public sealed class AuditEraserTests
{
    private readonly AuditFixture _audit = new();

    [Fact]
    public async Task An_erased_user_is_named_nowhere_and_the_tenant_s_figures_stay()
    {
        for (var day = 0; day < 3; day++)
        {
            for (var i = 0; i < 120; i++)
            {
                _audit.Log.Record(_audit.Call("secretada", $"secret{i}") with { FirstSequence = 1, LastSequence = 2 });
                _audit.Log.Record(_audit.Call("bob"));
            }

            await _audit.WriteAsync();
            _audit.Time.Advance(TimeSpan.FromDays(1));
        }

        // What broke off is gone on with.
        var eraser = new AuditEraser(_audit.Store, _audit.Options, _audit.Time);
        _audit.Store.FailCommits(1, when: commit => commit.Partition.EndsWith(_audit.Today.AddDays(-2).ToString("yyyy-MM-dd"), StringComparison.Ordinal));
        await Should.ThrowAsync<StorageException>(() => eraser.EraseAsync(new UserKey("acme", "secretada"), CancellationToken.None));
        (await eraser.EraseAsync(new UserKey("acme", "secretada"), CancellationToken.None)).ShouldBeGreaterThan(0);
        (await eraser.EraseAsync(new UserKey("acme", "secretada"), CancellationToken.None)).ShouldBe(0);
        for (var day = 1; day <= 3; day++)
        {
            var calls = 0;
            var partition = AuditPartitions.Of("acme", _audit.Today.AddDays(-day));
            for (DocumentRange? range = new DocumentRange("-", "~"); range is { } next;)
            {
                var page = await _audit.Store.ReadAsync(partition, next);
                foreach (var document in page.Documents)
                {
                    Encoding.UTF8.GetString(document.Body.Span).ShouldNotContain("secret");
                    calls += document.Id.StartsWith(AuditPartitions.CallPrefix, StringComparison.Ordinal) ? 1 : 0;
                }

                range = page.Next is null ? null : next with { From = page.Next };
            }

            calls.ShouldBe(240);
            var usage = await _audit.Reader.ReadAsync(new UsageQuery("acme", null, null, _audit.Today.AddDays(-day), _audit.Today.AddDays(-day)) { By = UsageGrouping.User });
            usage.Groups.Select(group => (group.Name, group.Totals.Calls)).ShouldBe([("bob", 120L)]);
        }
    }
}
