using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Granary.Orleans.Conformance.Skipping;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Granary.Orleans.Conformance;

/// <summary>Grain storage as the paged store needs it: single records, each write and each clearing checked against the record's etag.</summary>
public abstract class GrainStorageConformance(ProviderService service) : IAsyncLifetime
{
    private readonly List<IHost> _hosts = [];

    /// <summary>The storage of a service of this test's own.</summary>
    protected IGrainStorage Storage { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync() => Storage = await OpenAsync(ProviderHost.NewName("service"));

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        _hosts.ForEach(host => host.Dispose());
        return Task.CompletedTask;
    }

    [ServiceFact]
    public async Task A_record_nobody_wrote_is_not_there()
    {
        var state = await ReadAsync("p", "head");

        state.RecordExists.ShouldBeFalse();
        state.ETag.ShouldBeNullOrEmpty();
    }

    [ServiceFact]
    public async Task A_record_is_read_back_byte_for_byte_with_the_etag_of_its_write()
    {
        var all = Enumerable.Range(0, 512).Select(i => (byte)i).ToArray();
        var written = await WriteAsync("p", "head", null, all);
        await ShouldBeAsync("p", "head", all, written);

        var again = await WriteAsync("p", "head", written, [1, 2]);
        again.ShouldNotBe(written);
        await ShouldBeAsync("p", "head", [1, 2], again);

        var empty = await WriteAsync("p", "head", again, []);
        await ShouldBeAsync("p", "head", [], empty);
    }

    [ServiceFact]
    public async Task A_record_of_a_mebibyte_is_kept()
    {
        var body = RandomNumberGenerator.GetBytes(1024 * 1024);
        await ShouldBeAsync("p", "page:1", body, await WriteAsync("p", "page:1", null, body));
    }

    [ServiceFact]
    public async Task A_write_with_a_stale_etag_is_refused_and_changes_nothing()
    {
        var stale = await WriteAsync("p", "head", null, [1]);
        var current = await WriteAsync("p", "head", stale, [2]);

        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync("p", "head", stale, [3]));

        await ShouldBeAsync("p", "head", [2], current);
    }

    [ServiceFact]
    public async Task A_write_without_an_etag_is_refused_where_a_record_is()
    {
        var current = await WriteAsync("p", "head", null, [1]);

        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync("p", "head", null, [2]));

        await ShouldBeAsync("p", "head", [1], current);
    }

    [ServiceFact]
    public async Task A_clearing_needs_the_etag_of_now_and_leaves_nothing()
    {
        var stale = await WriteAsync("p", "head", null, [1]);
        var current = await WriteAsync("p", "head", stale, [2]);

        await Should.ThrowAsync<InconsistentStateException>(() => ClearAsync("p", "head", stale));
        await ShouldBeAsync("p", "head", [2], current);

        await ClearAsync("p", "head", current);
        var state = await ReadAsync("p", "head");
        state.RecordExists.ShouldBeFalse();
        state.ETag.ShouldBeNullOrEmpty();
        await Should.ThrowAsync<InconsistentStateException>(() => ClearAsync("p", "head", current));
    }

    [ServiceFact]
    public async Task An_etag_of_a_cleared_record_fits_neither_nothing_nor_what_came_after()
    {
        var old = await WriteAsync("p", "head", null, [1]);
        await ClearAsync("p", "head", old);
        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync("p", "head", old, [2]));

        var current = await WriteAsync("p", "head", null, [3]);
        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync("p", "head", old, [4]));
        await ShouldBeAsync("p", "head", [3], current);
    }

    [ServiceFact]
    public async Task Of_many_writers_at_once_one_wins()
    {
        string? etag = null;
        for (var round = 0; round < 5; round++)
        {
            var seen = etag;
            var writes = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
            {
                try
                {
                    return await WriteAsync("p", "head", seen, [(byte)writer]);
                }
                catch (InconsistentStateException)
                {
                    return null;
                }
            })));

            etag = writes.Where(written => written is not null).ShouldHaveSingleItem()!;
            await ShouldBeAsync("p", "head", [(byte)Array.IndexOf(writes, etag)], etag);
        }
    }

    [ServiceFact]
    public async Task Partitions_records_and_services_are_apart()
    {
        // All that ids of tenants, users and sessions may contain, two that only an escape could confuse, and keys that read as numbers.
        (string Partition, string Record)[] names =
        [
            ("session/acme/ann/1", "head"), ("session/acme/ann/1", "page:00000000000000000001"), ("session/acme/ann/2", "head"),
            ("session/acme/ann@x.org/a_b.c:d|e+f=g~h-i", "head"), ("session/acme/ann~2F1", "head"), ("session/acme/ann", "1/head"),
            ("user/acme/ann", "head"), ("user/acme/ann", "bucket:a?b"), ("user/acme/Ann", "head"), ("user/acme/ann", "bucket:a~3Fb"),
            ("user/acme/ann", "bucket:\\a b\u00e4%41"), ("user/acme/ann", new string('r', 300)), ("user/acme/ann", new string('r', 301)),
            ($"session/{new string('t', 128)}/{new string('u', 128)}/{new string('s', 128)}", "head"), ("10", "1"), ("010", "1"),
        ];
        var etags = new List<string>();
        foreach (var (index, (partition, record)) in names.Index())
        {
            etags.Add(await WriteAsync(partition, record, null, [(byte)index]));
        }

        foreach (var (index, (partition, record)) in names.Index())
        {
            await ShouldBeAsync(partition, record, [(byte)index], etags[index]);
        }

        Storage = await OpenAsync(ProviderHost.NewName("service"));
        (await ReadAsync("session/acme/ann/1", "head")).RecordExists.ShouldBeFalse();
    }

    [ServiceFact]
    public void Whatever_two_activations_do_the_storage_is_a_dictionary_with_etags()
    {
        var run = 0;
        var steps = Gen.Elements(Enum.GetValues<Step>()).Zip(Gen.Choose(0, 1)).ArrayOf();
        Prop.ForAll(steps.ToArbitrary(), actions => RunModelAsync($"p{run++}", actions).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(20));
    }

    private async Task RunModelAsync(string partition, (Step Step, int Activation)[] actions)
    {
        byte[]? content = null;
        string? etag = null;
        var states = new GrainState<StoredBody>[] { new(new StoredBody()), new(new StoredBody()) };
        var grain = GrainOf(partition, "head");
        byte next = 0;
        foreach (var (step, activation) in actions)
        {
            var state = states[activation];
            var holds = (string.IsNullOrEmpty(state.ETag) ? null : state.ETag) == etag;
            switch (step)
            {
                case Step.Read:
                    await Storage.ReadStateAsync(StateName, grain, state);
                    state.RecordExists.ShouldBe(content is not null);
                    break;
                case Step.Write:
                    state.State = new StoredBody { Body = [++next] };
                    if (await HoldsAsync(() => Storage.WriteStateAsync(StateName, grain, state), holds))
                    {
                        (content, etag) = ([next], state.ETag);
                    }

                    break;
                case Step.Clear when !string.IsNullOrEmpty(state.ETag):
                    if (await HoldsAsync(() => Storage.ClearStateAsync(StateName, grain, state), holds))
                    {
                        (content, etag) = (null, null);
                        state.ETag.ShouldBeNullOrEmpty();
                    }

                    break;
                default:
                    break;
            }
        }

        var end = await ReadAsync(partition, "head");
        end.RecordExists.ShouldBe(content is not null);
        (end.RecordExists ? end.State!.Body : null).ShouldBe(content);
    }

    private static async Task<bool> HoldsAsync(Func<Task> call, bool expected)
    {
        var held = true;
        try
        {
            await call();
        }
        catch (InconsistentStateException)
        {
            held = false;
        }

        held.ShouldBe(expected);
        return held;
    }

    /// <summary>Writes a record.</summary>
    protected async Task<string> WriteAsync(string partition, string record, string? etag, byte[] body)
    {
        var state = new GrainState<StoredBody>(new StoredBody { Body = body }) { ETag = etag, RecordExists = etag is not null };
        await Storage.WriteStateAsync(StateName, GrainOf(partition, record), state);
        state.RecordExists.ShouldBeTrue();
        return state.ETag.ShouldNotBeNull();
    }

    private async Task<GrainState<StoredBody>> ReadAsync(string partition, string record)
    {
        var state = new GrainState<StoredBody>(new StoredBody());
        await Storage.ReadStateAsync(StateName, GrainOf(partition, record), state);
        return state;
    }

    private Task ClearAsync(string partition, string record, string etag) =>
        Storage.ClearStateAsync(StateName, GrainOf(partition, record), new GrainState<StoredBody>(new StoredBody()) { ETag = etag, RecordExists = true });

    private async Task ShouldBeAsync(string partition, string record, byte[] body, string etag)
    {
        var state = await ReadAsync(partition, record);
        state.RecordExists.ShouldBeTrue($"{partition}#{record}");
        state.State!.Body.ShouldBe(body);
        state.ETag.ShouldBe(etag);
    }

    private async Task<IGrainStorage> OpenAsync(string serviceId)
    {
        var host = ProviderHost.BuildSilo(service, ProviderHost.NewName("cluster"), serviceId);
        _hosts.Add(host);
        var storage = host.Services.GetRequiredKeyedService<IGrainStorage>(ProviderHost.Storage);

        // The storage's part of a silo's start, without the silo.
        var lifecycle = new SiloLifecycleSubject(NullLogger<SiloLifecycleSubject>.Instance);
        ((ILifecycleParticipant<ISiloLifecycle>)storage).Participate(lifecycle);
        await lifecycle.OnStart();
        return storage;
    }

    private const string StateName = "record";

    private static GrainId GrainOf(string partition, string record) => GrainId.Create("page", $"{partition}#{record}");

    private enum Step
    {
        Read,
        Write,
        Clear,
    }
}
