using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Azure.Cosmos;

namespace Granary.Orleans.Cosmos;

/// <summary>A connection string, taken apart.</summary>
internal sealed record CosmosConnection(Uri Endpoint, string Key, string Database, bool Gateway)
{
    private const string Form = "Write it as AccountEndpoint=https://…;AccountKey=…[;Database=granary][;Mode=Direct|Gateway]";

    public static CosmosConnection Parse(string connection) =>
        TryParse(connection, out var parsed, out var problem)
            ? parsed
            : throw new ArgumentException($"The Cosmos connection string cannot be used: {problem}", nameof(connection));

    public static bool TryParse(string connection, [NotNullWhen(true)] out CosmosConnection? parsed, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(connection);
        (parsed, problem) = (null, null);
        var parts = new DbConnectionStringBuilder();
        try
        {
            parts.ConnectionString = connection;
        }
        catch (ArgumentException)
        {
            problem = $"it is not a Cosmos connection string. {Form}";
            return false;
        }

        var address = Take(parts, "AccountEndpoint");
        var key = Take(parts, "AccountKey");
        var database = Take(parts, "Database") ?? "granary";
        var mode = Take(parts, "Mode") ?? "Direct";
        var gateway = mode.Equals("Gateway", StringComparison.OrdinalIgnoreCase);
        problem =
            !Uri.TryCreate(address, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("https" or "http")
                ? $"AccountEndpoint is missing or no URL. {Form}"
            : key is null || !Convert.TryFromBase64String(key, new byte[key.Length], out _)
                ? $"AccountKey is missing or not base64. {Form}"
            : !gateway && !mode.Equals("Direct", StringComparison.OrdinalIgnoreCase)
                ? $"Mode is '{mode}'. Set Mode=Direct or Mode=Gateway"
            : endpoint.Scheme == "http" && !endpoint.IsLoopback
                ? "AccountEndpoint is http: the account's key and all memory would travel in the clear. Use https"
            : database.AsSpan().IndexOfAny("/\\?#") >= 0 || database.EndsWith(' ')
                ? $"Database is '{database}': a name may not contain / \\ ? # or end with a space"
            : parts.Keys.Cast<string>().FirstOrDefault() is { } unknown
                ? $"'{unknown}' is not a part of it. {Form}"
            : null;
        if (problem is null)
        {
            parsed = new CosmosConnection(endpoint!, key!, database, gateway);
        }

        return parsed is not null;
    }

    /// <summary>A client for this account. Bodies are written as base64 strings, as the SDK's serializer does with bytes.</summary>
    public CosmosClient CreateClient()
    {
        var options = new CosmosClientOptions { ApplicationName = "Granary" };
        options.CustomHandlers.Add(new ItemSizeGuard());
        if (Gateway)
        {
            options.ConnectionMode = ConnectionMode.Gateway;
            options.LimitToEndpoint = true;
        }

        return new CosmosClient(Endpoint.AbsoluteUri, Key, options);
    }

    // The record's own text would show the key.
    public override string ToString() => $"{Endpoint}{Database}";

    private static string? Take(DbConnectionStringBuilder parts, string name)
    {
        var value = parts.TryGetValue(name, out var found) ? ((string)found).Trim() : null;
        parts.Remove(name);
        return string.IsNullOrEmpty(value) ? null : value;
    }
}
