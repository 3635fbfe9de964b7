using System.Net;
using Granary.Orleans.Conformance.Skipping;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Messaging;
using Orleans.Runtime;

namespace Granary.Orleans.Conformance;

/// <summary>The list of silos as the membership protocol needs it: every change is checked against the version of the whole list.</summary>
public abstract class MembershipConformance(ProviderService service) : IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 3, 14, 15, 9, 26, DateTimeKind.Utc);
    private static int generations;
    private readonly List<IHost> _hosts = [];
    private readonly string _cluster = ProviderHost.NewName("cluster");

    /// <summary>The list of a cluster of this test's own.</summary>
    protected IMembershipTable Table { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Table = await OpenAsync(_cluster);

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        _hosts.ForEach(host => host.Dispose());
        return Task.CompletedTask;
    }

    [ServiceFact]
    public async Task A_silo_joins_at_the_version_it_read_and_is_read_back_whole()
    {
        var empty = await Table.ReadAll();
        empty.Members.ShouldBeEmpty();

        var silo = Entry(SiloStatus.Joining, gateway: 30_000);
        (await Table.InsertRow(silo, empty.Version.Next())).ShouldBeTrue();

        var all = await Table.ReadAll();
        all.Version.Version.ShouldBe(empty.Version.Version + 1);
        ShouldEqual(all.Members.ShouldHaveSingleItem().Item1, silo);

        var one = await Table.ReadRow(silo.SiloAddress);
        one.Version.ShouldBe(all.Version);
        ShouldEqual(one.Members.ShouldHaveSingleItem().Item1, silo);

        var other = await Table.ReadRow(Entry(SiloStatus.Active).SiloAddress);
        other.Members.ShouldBeEmpty();
        other.Version.ShouldBe(all.Version);
    }

    [ServiceFact]
    public async Task A_join_at_a_stale_version_is_refused_and_changes_nothing()
    {
        var stale = (await Table.ReadAll()).Version;
        await JoinAsync(Entry(SiloStatus.Active));
        var before = await Table.ReadAll();

        (await Table.InsertRow(Entry(SiloStatus.Joining), stale.Next())).ShouldBeFalse();

        ShouldEqual(await Table.ReadAll(), before);
    }

    [ServiceFact]
    public async Task A_silo_joins_once()
    {
        var silo = await JoinAsync(Entry(SiloStatus.Joining));
        var before = await Table.ReadAll();

        var again = Entry(SiloStatus.Active, silo.SiloAddress);
        (await Table.InsertRow(again, before.Version.Next())).ShouldBeFalse();

        ShouldEqual(await Table.ReadAll(), before);
    }

    [ServiceFact]
    public async Task A_change_at_the_version_read_is_kept_with_who_suspects_the_silo()
    {
        var silo = await JoinAsync(Entry(SiloStatus.Active));
        var before = await Table.ReadAll();

        silo.Status = SiloStatus.Dead;
        silo.SuspectTimes = [Tuple.Create(NewAddress(), Start.AddMinutes(3)), Tuple.Create(NewAddress(), Start.AddMinutes(4))];
        (await Table.UpdateRow(silo, before.Members[0].Item2, before.Version.Next())).ShouldBeTrue();

        var after = await Table.ReadAll();
        after.Version.Version.ShouldBe(before.Version.Version + 1);
        ShouldEqual(after.Members.ShouldHaveSingleItem().Item1, silo);
    }

    [ServiceFact]
    public async Task A_change_at_a_stale_version_is_refused_and_changes_nothing()
    {
        var silo = await JoinAsync(Entry(SiloStatus.Active));
        var stale = await Table.ReadAll();
        await JoinAsync(Entry(SiloStatus.Joining));
        var before = await Table.ReadAll();

        silo.Status = SiloStatus.Dead;
        (await Table.UpdateRow(silo, stale.Members[0].Item2, stale.Version.Next())).ShouldBeFalse();

        ShouldEqual(await Table.ReadAll(), before);
    }

    [ServiceFact]
    public async Task Of_many_changes_at_one_version_one_wins()
    {
        var silos = new List<MembershipEntry>();
        for (var i = 0; i < 4; i++)
        {
            silos.Add(await JoinAsync(Entry(SiloStatus.Active)));
        }

        var tables = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OpenAsync(_cluster)));
        for (var round = 0; round < 10; round++)
        {
            var before = await Table.ReadAll();
            var changes = tables.SelectMany((table, i) => new[]
            {
                Task.Run(() => table.UpdateRow(
                    Entry(SiloStatus.Active, silos[i].SiloAddress), before.TryGet(silos[i].SiloAddress)!.Item2, before.Version.Next())),
                Task.Run(() => table.InsertRow(Entry(SiloStatus.Joining), before.Version.Next())),
            });

            (await Task.WhenAll(changes)).Count(won => won).ShouldBe(1);

            var after = await Table.ReadAll();
            after.Version.Version.ShouldBe(before.Version.Version + 1);
            (after.Members.Count - before.Members.Count).ShouldBeInRange(0, 1);
        }
    }

    [ServiceFact]
    public async Task A_heartbeat_changes_the_beat_and_not_the_version()
    {
        var silo = await JoinAsync(Entry(SiloStatus.Active));
        var before = await Table.ReadAll();

        silo.IAmAliveTime = Start.AddHours(1);
        await Table.UpdateIAmAlive(Entry(SiloStatus.Dead, silo.SiloAddress, beat: silo.IAmAliveTime));

        var after = await Table.ReadAll();
        after.Version.ShouldBe(before.Version);
        ShouldEqual(after.Members.ShouldHaveSingleItem().Item1, silo);
    }

    [ServiceFact]
    public async Task A_second_silo_that_opens_the_list_leaves_it_as_it_is()
    {
        await JoinAsync(Entry(SiloStatus.Active));
        var before = await Table.ReadAll();

        ShouldEqual(await (await OpenAsync(_cluster)).ReadAll(), before);
    }

    [ServiceFact]
    public async Task The_cleanup_takes_the_dead_of_long_ago_and_leaves_active_and_recent_silos()
    {
        var now = Start.AddDays(10);
        var active = await JoinAsync(Entry(SiloStatus.Active));
        await JoinAsync(Entry(SiloStatus.Dead));
        var recent = await JoinAsync(Entry(SiloStatus.Dead, beat: now.AddMinutes(-1)));

        await Table.CleanupDefunctSiloEntries(now.AddDays(-1));

        (await Table.ReadAll()).Members.Select(row => row.Item1.SiloAddress).ShouldBe([active.SiloAddress, recent.SiloAddress], ignoreOrder: true);
    }

    [ServiceFact]
    public async Task Clusters_in_one_place_do_not_see_each_other()
    {
        var other = await OpenAsync(ProviderHost.NewName("cluster"));
        await JoinAsync(Entry(SiloStatus.Active));

        (await other.ReadAll()).Members.ShouldBeEmpty();
        (await other.ReadAll()).Version.Version.ShouldBe(0);
    }

    [ServiceFact]
    public async Task A_client_is_told_of_active_silos_with_a_gateway()
    {
        var open = await JoinAsync(Entry(SiloStatus.Active, gateway: 30_001));
        await JoinAsync(Entry(SiloStatus.Active));
        await JoinAsync(Entry(SiloStatus.Joining, gateway: 30_002));
        var client = ProviderHost.BuildClient(service, _cluster, "service");
        _hosts.Add(client);

        var gateways = client.Services.GetRequiredService<IGatewayListProvider>();
        await gateways.InitializeGatewayListProvider();

        var uri = (await gateways.GetGateways()).ShouldHaveSingleItem();
        uri.ToGatewayAddress()!.Endpoint.ShouldBe(new IPEndPoint(open.SiloAddress.Endpoint.Address, 30_001));
    }

    /// <summary>The list of a cluster, as one silo opens it.</summary>
    protected async Task<IMembershipTable> OpenAsync(string cluster)
    {
        var host = ProviderHost.BuildSilo(service, cluster, "service");
        _hosts.Add(host);
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTable(tryInitTableVersion: true);
        return table;
    }

    /// <summary>Adds a silo at the version of the moment.</summary>
    protected async Task<MembershipEntry> JoinAsync(MembershipEntry entry)
    {
        (await Table.InsertRow(entry, (await Table.ReadAll()).Version.Next())).ShouldBeTrue();
        return entry;
    }

    /// <summary>A silo; a new one unless it has an address.</summary>
    protected static MembershipEntry Entry(SiloStatus status, SiloAddress? address = null, int gateway = 0, DateTime? beat = null)
    {
        address ??= NewAddress();
        return new MembershipEntry
        {
            SiloAddress = address,
            SiloName = $"silo {address.Generation}",
            HostName = "host-ä",
            Status = status,
            ProxyPort = gateway,
            StartTime = Start,
            IAmAliveTime = beat ?? Start.AddSeconds(30),
        };
    }

    /// <summary>The same silos in the same state at the same version.</summary>
    protected static void ShouldEqual(MembershipTableData found, MembershipTableData expected)
    {
        found.Version.ShouldBe(expected.Version);
        found.Members.Count.ShouldBe(expected.Members.Count);
        foreach (var (entry, _) in expected.Members)
        {
            ShouldEqual(found.TryGet(entry.SiloAddress).ShouldNotBeNull().Item1, entry);
        }
    }

    private static void ShouldEqual(MembershipEntry found, MembershipEntry expected)
    {
        found.SiloAddress.ShouldBe(expected.SiloAddress);
        found.SiloName.ShouldBe(expected.SiloName);
        found.HostName.ShouldBe(expected.HostName);
        found.Status.ShouldBe(expected.Status);
        found.ProxyPort.ShouldBe(expected.ProxyPort);
        found.StartTime.ShouldBe(expected.StartTime);
        found.IAmAliveTime.ShouldBe(expected.IAmAliveTime);
        (found.SuspectTimes ?? []).ShouldBe(expected.SuspectTimes ?? []);
    }

    private static SiloAddress NewAddress() => SiloAddress.New(IPAddress.Loopback, 11_111, Interlocked.Increment(ref generations));
}
