using System.Globalization;
using Granary.Conformance;
using Granary.Core.Storage;

namespace Granary.Storage.Postgres.Tests;

/// <summary>
/// Writers that commit without pause and remember what they were told. Each commit counts its number in one document and adds two others, so a
/// half or lost one shows. After an unknown outcome a writer reads where it stands, as an actor does.
/// </summary>
internal sealed class Workload(PostgresPartitionStore store, int writers)
{
    private readonly int[] _acknowledged = new int[writers];
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _progress = new(0);
    private Task[] _running = [];
    private int _unknown;

    /// <summary>How many commits ended with an unknown outcome.</summary>
    public int Unknown => _unknown;

    public void Start() => _running = [.. Enumerable.Range(0, writers).Select(w => Task.Run(() => RunAsync(w)))];

    /// <summary>Waits for further commits to be acknowledged.</summary>
    public async Task AcknowledgedAsync(int commits)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (_progress.CurrentCount > 0)
        {
            await _progress.WaitAsync(limit.Token);
        }

        for (var i = 0; i < commits; i++)
        {
            await _progress.WaitAsync(limit.Token);
        }
    }

    /// <summary>Stops the writers and checks what the store holds.</summary>
    public async Task StopAndVerifyAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        for (var w = 0; w < writers; w++)
        {
            var documents = await store.ReadTextsAsync(Partition(w));
            var last = Last(documents);
            last.ShouldBeGreaterThanOrEqualTo(_acknowledged[w]);
            documents.Keys.Where(id => id[0] == 'a').ShouldBe(Enumerable.Range(1, last).Select(i => $"a:{i:D6}"));
            documents.Keys.Where(id => id[0] == 'b').ShouldBe(Enumerable.Range(1, last).Select(i => $"b:{i:D6}"));
        }
    }

    private async Task RunAsync(int w)
    {
        var (version, next) = (PartitionVersion.None, 1);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var result = await store.CommitAsync(
                    Partition(w), version, StoreCalls.Put("h", $"{next}"), StoreCalls.Insert($"a:{next:D6}", "x"), StoreCalls.Insert($"b:{next:D6}", "x"));
                result.Status.ShouldBe(CommitStatus.Committed);
                version = result.Version;
                _acknowledged[w] = next++;
                _progress.Release();
            }
            catch (StorageException)
            {
                Interlocked.Increment(ref _unknown);
                (version, next) = await ReloadAsync(w);
            }
        }
    }

    private async Task<(PartitionVersion Version, int Next)> ReloadAsync(int w)
    {
        while (true)
        {
            try
            {
                var page = await store.GetAsync(Partition(w), ["h"]);
                var last = Last(page.Documents.ToDictionary(d => d.Id, d => System.Text.Encoding.UTF8.GetString(d.Body.Span)));
                last.ShouldBeInRange(_acknowledged[w], _acknowledged[w] + 1);
                return (page.Version, last + 1);
            }
            catch (StorageException)
            {
                // The server is still away; a pause keeps this from filling the machine.
                await Task.Delay(20);
            }
        }
    }

    private static int Last(Dictionary<string, string> documents) =>
        documents.TryGetValue("h", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;

    private static string Partition(int w) => $"session/acme/writer/{w}";
}
