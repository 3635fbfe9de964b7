using Granary.Orleans.Conformance.Skipping;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Runtime;

namespace Granary.Orleans.Conformance;

/// <summary>The table of reminders: one row for each grain and name, found by the grain or by a range of the ring of hashes.</summary>
public abstract class ReminderConformance(ProviderService service) : IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 3, 14, 15, 9, 26, DateTimeKind.Utc);
    private readonly List<IHost> _hosts = [];
    private IReminderTable _table = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => _table = await OpenAsync();

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        _hosts.ForEach(host => host.Dispose());
        return Task.CompletedTask;
    }

    [ServiceFact]
    public async Task A_reminder_is_read_back_and_a_second_write_replaces_it()
    {
        var reminder = Reminder("17", "sweep");
        var first = await _table.UpsertRow(reminder);
        ShouldEqual(await _table.ReadRow(reminder.GrainId, "sweep"), reminder, first);

        // More milliseconds than an int holds.
        (reminder.StartAt, reminder.Period) = (Start.AddDays(1), TimeSpan.FromDays(60));
        var second = await _table.UpsertRow(reminder);

        second.ShouldNotBe(first);
        ShouldEqual(await _table.ReadRow(reminder.GrainId, "sweep"), reminder, second);
        (await _table.ReadRows(reminder.GrainId)).Reminders.Count.ShouldBe(1);
    }

    [ServiceFact]
    public async Task A_reminder_nobody_set_is_not_there()
    {
        (await _table.ReadRow(Reminder("1", "sweep").GrainId, "sweep")).ShouldBeNull();
        (await _table.ReadRows(Reminder("1", "sweep").GrainId)).Reminders.ShouldBeEmpty();
        (await _table.ReadRows(0, 0)).Reminders.ShouldBeEmpty();
    }

    [ServiceFact]
    public async Task A_removal_needs_the_etag_of_now()
    {
        var reminder = Reminder("17", "sweep");
        var old = (await _table.UpsertRow(reminder)).ShouldNotBeNull();
        var current = (await _table.UpsertRow(reminder)).ShouldNotBeNull();

        (await _table.RemoveRow(reminder.GrainId, "sweep", old)).ShouldBeFalse();
        (await _table.ReadRow(reminder.GrainId, "sweep")).ShouldNotBeNull();
        (await _table.RemoveRow(reminder.GrainId, "sweep", current)).ShouldBeTrue();
        (await _table.ReadRow(reminder.GrainId, "sweep")).ShouldBeNull();
        (await _table.RemoveRow(reminder.GrainId, "sweep", current)).ShouldBeFalse();
    }

    [ServiceFact]
    public async Task An_etag_of_a_removed_reminder_does_not_fit_the_one_that_came_after()
    {
        var reminder = Reminder("17", "sweep");
        var old = (await _table.UpsertRow(reminder)).ShouldNotBeNull();
        await _table.RemoveRow(reminder.GrainId, "sweep", old);
        await _table.UpsertRow(reminder);

        (await _table.RemoveRow(reminder.GrainId, "sweep", old)).ShouldBeFalse();
    }

    [ServiceFact]
    public async Task A_grain_has_reminders_by_name()
    {
        var sweep = Reminder("17", "sweep");
        var report = Reminder("17", "report / ä");
        var sweepTag = await _table.UpsertRow(sweep);
        var reportTag = await _table.UpsertRow(report);
        await _table.UpsertRow(Reminder("18", "sweep"));

        var rows = (await _table.ReadRows(sweep.GrainId)).Reminders.OrderBy(row => row.ReminderName, StringComparer.Ordinal).ToList();

        rows.Count.ShouldBe(2);
        ShouldEqual(rows[0], report, reportTag);
        ShouldEqual(rows[1], sweep, sweepTag);
        (await _table.RemoveRow(sweep.GrainId, "sweep", sweepTag!)).ShouldBeTrue();
        (await _table.ReadRows(sweep.GrainId)).Reminders.Single().ReminderName.ShouldBe(report.ReminderName);
    }

    [ServiceFact]
    public async Task A_range_of_the_ring_is_read_from_after_its_begin_to_its_end_and_over_the_seam()
    {
        var hashes = new List<uint>();
        for (var shard = 0; shard < 24; shard++)
        {
            var reminder = Reminder($"{shard}", "sweep");
            hashes.Add(reminder.GrainId.GetUniformHashCode());
            await _table.UpsertRow(reminder);
        }

        // Places where a comparison of signed numbers, or one of the ends, could go wrong; and the rows' own places.
        uint[] places = [0, int.MaxValue, int.MaxValue + 1u, uint.MaxValue, hashes[0], hashes[1]];
        foreach (var begin in places)
        {
            foreach (var end in places)
            {
                // From a place to itself is the whole ring.
                var expected = hashes.Where(hash => begin < end ? hash > begin && hash <= end : hash > begin || hash <= end);
                var found = (await _table.ReadRows(begin, end)).Reminders.Select(row => row.GrainId.GetUniformHashCode());
                found.Order().ShouldBe(expected.Order(), $"({begin:X8}, {end:X8}]");
            }
        }
    }

    [ServiceFact]
    public async Task Services_in_one_place_do_not_see_each_others_reminders()
    {
        var reminder = Reminder("17", "sweep");
        await _table.UpsertRow(reminder);

        var other = await OpenAsync();
        (await other.ReadRow(reminder.GrainId, "sweep")).ShouldBeNull();
        (await other.ReadRows(0, 0)).Reminders.ShouldBeEmpty();
    }

    private async Task<IReminderTable> OpenAsync()
    {
        var host = ProviderHost.BuildSilo(service, ProviderHost.NewName("cluster"), ProviderHost.NewName("service"));
        _hosts.Add(host);
        var table = host.Services.GetRequiredService<IReminderTable>();
        await table.StartAsync();
        return table;
    }

    private static ReminderEntry Reminder(string grain, string name) => new()
    {
        GrainId = GrainId.Create("shard", grain),
        ReminderName = name,
        StartAt = Start,
        Period = TimeSpan.FromMinutes(2),
    };

    private static void ShouldEqual(ReminderEntry? found, ReminderEntry expected, string? etag)
    {
        found.ShouldNotBeNull();
        etag.ShouldNotBeNullOrEmpty();
        (found.GrainId, found.ReminderName, found.StartAt, found.Period, found.ETag)
            .ShouldBe((expected.GrainId, expected.ReminderName, expected.StartAt, expected.Period, etag));
    }
}
