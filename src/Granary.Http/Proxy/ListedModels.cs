using System.Globalization;
using System.Text.Json;
using Granary.Llm;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Http.Proxy;

/// <summary>A model that callers can name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Provider">The provider that its calls go to first.</param>
/// <param name="Created">When it was made, as its provider says; otherwise when this service first listed models.</param>
internal sealed record ListedModel(string Name, string Provider, DateTimeOffset Created);

/// <summary>
/// The models that there are: what the providers with keys list themselves, and what the settings name. Of a provider that cannot be asked, the
/// built-in models of the catalogue stand for its list. Asked anew every few minutes, once for all callers.
/// </summary>
internal sealed partial class ListedModels(IModelCatalogue catalogue, IProviderRouter router, TimeProvider time, ILogger<ListedModels> logger) : IDisposable
{
    private const int MaxListBytes = 8 * 1024 * 1024;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>After a provider failed it is asked again sooner.</summary>
    private static readonly TimeSpan LifetimeAfterFailure = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _asking = new(1);
    private readonly DateTimeOffset _begun = time.GetUtcNow();
    private volatile Listing? _listing;

    /// <summary>The models by name.</summary>
    public async Task<IReadOnlyDictionary<string, ListedModel>> GetAsync(CancellationToken cancellationToken)
    {
        if (_listing is { } known && known.Until > time.GetUtcNow())
        {
            return known.Models;
        }

        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (_listing is not { } listing || listing.Until <= time.GetUtcNow())
            {
                // Not the caller's token: the list is for all.
                _listing = listing = await MakeAsync();
            }

            return listing.Models;
        }
        finally
        {
            _asking.Release();
        }
    }

    public void Dispose() => _asking.Dispose();

    /// <summary>A model that is not listed, but goes to a provider all the same.</summary>
    public ListedModel Unlisted(string name, string provider) => new(name, provider, _begun);

    private async Task<Listing> MakeAsync()
    {
        var asked = router.Providers.Where(provider => provider.HasKey).ToList();
        var lists = await Task.WhenAll(asked.Select(AskAsync));
        var models = new SortedDictionary<string, ListedModel>(StringComparer.Ordinal);
        var told = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < asked.Count; index++)
        {
            if (lists[index] is not { } list)
            {
                continue;
            }

            told.Add(asked[index].Name);
            foreach (var model in list.Where(model => ProviderOf(model.Name) == model.Provider))
            {
                models.TryAdd(model.Name, model);
            }
        }

        foreach (var model in catalogue.Models)
        {
            // The built-in names are what names begin with: where a provider says which there are, they say nothing more.
            if (ProviderOf(model.Name) is { } provider && !(IsBuiltIn(model) && (told.Contains(provider) || IsFamily(model.Name))))
            {
                models.TryAdd(model.Name, Unlisted(model.Name, provider));
            }
        }

        return new Listing(models, time.GetUtcNow() + (told.Count == asked.Count ? Lifetime : LifetimeAfterFailure));
    }

    private string? ProviderOf(string model)
    {
        try
        {
            return router.Route(model)[0].Provider.Name;
        }
        catch (ProviderException)
        {
            return null;
        }
    }

    private static bool IsBuiltIn(ModelInfo model) => KnownModels.All.Any(known => known.Name == model.Name);

    /// <summary>Whether a name is no model's but that of all of a kind, as <c>claude</c>.</summary>
    private static bool IsFamily(string name) => !name.Contains('-', StringComparison.Ordinal) && !name.Any(char.IsAsciiDigit);

    /// <summary>A provider's own list; null if it has none that can be had now.</summary>
    private async Task<IReadOnlyList<ListedModel>?> AskAsync(IChatProvider provider)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            using var answer = await provider.SendAsync(new ProviderCall { Operation = ProviderOperation.Models, Model = "", Patience = Patience }, patience.Token);
            if (!answer.IsSuccess)
            {
                return null;
            }

            await using var stream = await answer.ReadAsync(patience.Token);
            using var body = await PooledBody.ReadAsync(stream, MaxListBytes, patience.Token);
            return body is null ? null : Read(body.Bytes, provider);
        }
        catch (Exception error) when (error is ProviderException or OperationCanceledException or IOException or HttpRequestException or JsonException)
        {
            LogNotListed(logger, provider.Name, error.Message);
            return null;
        }
    }

    private List<ListedModel>? Read(ReadOnlyMemory<byte> json, IChatProvider provider)
    {
        using var body = JsonDocument.Parse(json);
        if (body.RootElement.ValueKind != JsonValueKind.Object
            || !body.RootElement.TryGetProperty(provider.Dialect == ChatDialect.Gemini ? "models" : "data", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var models = new List<ListedModel>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && Text(item, provider.Dialect == ChatDialect.Gemini ? "name" : "id") is { Length: > 0 } id)
            {
                const string Folder = "models/";
                models.Add(new ListedModel(id.StartsWith(Folder, StringComparison.Ordinal) ? id[Folder.Length..] : id, provider.Name, CreatedOf(item)));
            }
        }

        return models;
    }

    private DateTimeOffset CreatedOf(JsonElement item) =>
        item.TryGetProperty("created", out var seconds) && seconds.ValueKind == JsonValueKind.Number && seconds.TryGetInt64(out var unix) && unix is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(unix)
            : DateTimeOffset.TryParse(Text(item, "created_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : _begun;

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    [LoggerMessage(1, LogLevel.Information, "The provider {Provider} does not say which models it has: {Reason}")]
    private static partial void LogNotListed(ILogger logger, string provider, string reason);

    private sealed record Listing(IReadOnlyDictionary<string, ListedModel> Models, DateTimeOffset Until);
}
