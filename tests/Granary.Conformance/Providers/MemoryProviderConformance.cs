using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Conformance.Providers;

/// <summary>What every memory provider must do; the same facts, whatever keeps the memories.</summary>
public abstract partial class MemoryProviderConformance : IAsyncLifetime
{
    private static readonly UserKey Ada = new("acme", "ada");

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The provider under test.</summary>
    protected ProviderFixture Fixture { get; private set; } = null!;

    private IMemoryProvider Provider => Fixture.Provider;

    /// <summary>Opens a provider that keeps nothing yet.</summary>
    protected abstract Task<ProviderFixture> OpenAsync();

    /// <inheritdoc/>
    public async Task InitializeAsync() => Fixture = await OpenAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Fixture.DisposeAsync();

    private Task<ProviderMemory> RememberAsync(string content, UserKey? user = null, string? id = null, string? metadata = null, string? agent = null) =>
        Provider.RememberAsync(
            user ?? Ada,
            new ProviderDraft { Content = content, Id = id, Metadata = metadata is null ? null : JsonElement.Parse(metadata), AgentId = agent });

    /// <summary>Keeps memories one after the other, each younger than the one before.</summary>
    private async Task<List<ProviderMemory>> RememberAllAsync(UserKey user, params string[] contents)
    {
        var kept = new List<ProviderMemory>();
        foreach (var content in contents)
        {
            kept.Add(await RememberAsync(content, user));
            await Fixture.TickAsync();
        }

        return kept;
    }

    private async Task<List<string>> RecallAsync(string query, UserKey? user = null, MemoryFilter? filter = null, int limit = 10) =>
        [.. (await Provider.RecallAsync(user ?? Ada, new ProviderQuery { Query = query, Limit = limit, Filter = filter ?? new MemoryFilter() })).Select(memory => memory.Content)];

    private async Task<List<ProviderMemory>> ListAsync(UserKey? user = null)
    {
        const int Page = 40;
        var all = new List<ProviderMemory>();
        while (true)
        {
            var page = await Provider.ListAsync(user ?? Ada, Page, all.Count);
            all.AddRange(page.Memories);
            if (page.Memories.Count < Page)
            {
                if (Fixture.Counts)
                {
                    page.Total.ShouldBe(all.Count);
                }

                return all;
            }
        }
    }

    /// <summary>Metadata as text: names in their order, numbers as they are written.</summary>
    private static string? TextOf(JsonElement? metadata) => metadata is { } json ? JsonSerializer.Serialize(json, Relaxed) : null;

    private void ShouldTellNoSecret(string? text)
    {
        foreach (var secret in Fixture.Secrets)
        {
            (text ?? "").ShouldNotContain(secret);
        }
    }
}
