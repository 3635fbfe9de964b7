using Granary.Orleans.Conformance;
using Granary.Orleans.Conformance.Skipping;
using Orleans.Runtime;

namespace Granary.Orleans.AdoNet.Tests;

[NeedsPostgres]
[Collection("postgres")]
public sealed class MembershipTests(AdoNetService service) : MembershipConformance(service)
{
    [ServiceFact]
    public async Task A_change_of_a_silo_that_is_not_listed_is_refused_and_changes_nothing()
    {
        await JoinAsync(Entry(SiloStatus.Active));
        var before = await Table.ReadAll();

        (await Table.UpdateRow(Entry(SiloStatus.Dead), "", before.Version.Next())).ShouldBeFalse();

        ShouldEqual(await Table.ReadAll(), before);
    }

    [ServiceFact]
    public async Task Heartbeats_do_not_stand_in_the_way_of_changes()
    {
        var silo = await JoinAsync(Entry(SiloStatus.Active));
        using var end = new CancellationTokenSource();
        var beats = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await Table.UpdateIAmAlive(Entry(SiloStatus.Active, silo.SiloAddress, beat: DateTime.UtcNow));
            }
        });

        for (var change = 0; change < 50; change++)
        {
            (await Table.UpdateRow(silo, "", (await Table.ReadAll()).Version.Next())).ShouldBeTrue();
        }

        await end.CancelAsync();
        await beats;
    }

    [ServiceFact]
    public async Task A_change_from_an_older_reading_does_not_take_a_heartbeat_back()
    {
        var silo = await JoinAsync(Entry(SiloStatus.Active));
        var beat = silo.IAmAliveTime.AddMinutes(1);
        await Table.UpdateIAmAlive(Entry(SiloStatus.Active, silo.SiloAddress, beat: beat));

        (await Table.UpdateRow(silo, "", (await Table.ReadAll()).Version.Next())).ShouldBeTrue();

        (await Table.ReadRow(silo.SiloAddress)).Members.ShouldHaveSingleItem().Item1.IAmAliveTime.ShouldBe(beat, TimeSpan.FromMilliseconds(1));
    }

    [ServiceFact]
    public async Task A_list_is_deleted_without_those_of_other_clusters()
    {
        var otherName = ProviderHost.NewName("cluster");
        var other = await OpenAsync(otherName);
        await JoinAsync(Entry(SiloStatus.Active));
        (await other.InsertRow(Entry(SiloStatus.Active), (await other.ReadAll()).Version.Next())).ShouldBeTrue();

        await Table.DeleteMembershipTableEntries(otherName);

        (await Table.ReadAll()).Members.Count.ShouldBe(1);
        await other.InitializeMembershipTable(tryInitTableVersion: true);
        (await other.ReadAll()).Members.ShouldBeEmpty();
    }
}
