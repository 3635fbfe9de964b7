using Granary.Core.Recall;
using Granary.Providers.Chain;
using Granary.Providers.Mem0;
using Granary.Providers.Mock;
using Granary.Providers.Native;
using Granary.Providers.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Granary.Providers.Connections;

/// <summary>What the settings come to: the provider that was chosen, the connections, and the providers that there are from the start.</summary>
/// <param name="Provider">The type that was chosen.</param>
/// <param name="Connections">The connections.</param>
/// <param name="Entries">The chain's providers; otherwise the chosen one alone.</param>
internal sealed record MemorySelection(string Provider, IReadOnlyList<MemoryConnection> Connections, IReadOnlyList<ProviderEntry> Entries)
{
    private const string Path = MemoryProvidersOptions.Path;

    private static readonly string[] OwnConnections = [ProviderTypes.Native, ProviderTypes.Postgres, ProviderTypes.Mem0Connection, ProviderTypes.Mock];

    /// <summary>Whether it is Granary's own memory, with nothing in between.</summary>
    public bool IsNative => Provider == ProviderTypes.Native;

    /// <summary>Whether several providers take turns.</summary>
    public bool IsChain => Provider == ProviderTypes.Chain;

    /// <exception cref="OptionsValidationException">A setting is wrong; each failure names it and the fix.</exception>
    public static MemorySelection Of(MemoryProvidersOptions options)
    {
        var problems = new List<string>();
        var provider = options.Provider.Trim().ToLowerInvariant();
        string[] known = [.. ProviderTypes.OfChains, ProviderTypes.Chain];
        if (!known.Contains(provider))
        {
            problems.Add($"MEMORY_PROVIDER ({Path}:Provider) must be one of {string.Join(", ", known)}, not '{options.Provider}'.");
        }

        if (options.RecallLimit is < 1 or > MemoryLimits.MaxRecall)
        {
            problems.Add($"MEMORY_RECALL_LIMIT ({Path}:RecallLimit) must be a whole number from 1 to {MemoryLimits.MaxRecall}, not '{options.RecallLimit}'.");
        }

        problems.AddRange(options.Chain.Problems($"{Path}:Chain"));
        var connections = ConnectionsOf(options, provider, problems);
        var entries = provider == ProviderTypes.Chain ? ChainOf(options, connections, problems) : [];
        if (problems.Count > 0)
        {
            throw new OptionsValidationException(Path, typeof(MemoryProvidersOptions), problems);
        }

        return new MemorySelection(
            provider,
            connections,
            provider == ProviderTypes.Chain ? entries : [new ProviderEntry { Name = ProviderTypes.ConnectionOf(provider), ProviderType = provider, ConnectionName = ProviderTypes.ConnectionOf(provider) }]);
    }

    private static List<MemoryConnection> ConnectionsOf(MemoryProvidersOptions options, string provider, List<string> problems)
    {
        var connections = new List<MemoryConnection>
        {
            new(ProviderTypes.Native, ProviderTypes.Native, true, services => new NativeMemoryProvider(
                services.GetRequiredService<IMemoryCluster>(), services.GetRequiredService<TimeProvider>())),
            Mock(ProviderTypes.Mock),
        };

        // DATABASE_URL may be set for another program: it matters where it is used only.
        if (provider == ProviderTypes.Postgres || (provider == ProviderTypes.Chain && options.Postgres.ConnectionString.Length > 0))
        {
            if (options.Postgres.ConnectionString.Length == 0)
            {
                problems.Add(
                    $"MEMORY_PROVIDER is postgres, which needs a database: set DATABASE_URL ({Path}:Postgres:ConnectionString) to it, as in "
                    + "postgres://user:password@host:5432/database.");
            }
            else
            {
                Add(Postgres(ProviderTypes.Postgres, options.Postgres), options.Postgres.Problem(), $"{Path}:Postgres");
            }
        }

        if (provider is ProviderTypes.Http or ProviderTypes.Chain)
        {
            Add(Mem0(ProviderTypes.Mem0Connection, options.Mem0), options.Mem0.Problem(), $"{Path}:Mem0");
        }

        foreach (var (name, own) in options.Connections)
        {
            var path = $"{Path}:Connections:{name}";
            if (!Ids.IsValid(name) || OwnConnections.Contains(name))
            {
                problems.Add($"{path} cannot have this name: {Ids.Rule}, and none of {string.Join(", ", OwnConnections)}.");
                continue;
            }

            switch (ProviderTypes.Find(own.Type))
            {
                case ProviderTypes.Mock:
                    connections.Add(Mock(name));
                    break;
                case ProviderTypes.Postgres:
                    Add(Postgres(name, own.Postgres), own.Postgres.Problem(), $"{path}:Postgres");
                    break;
                case ProviderTypes.Http:
                    Add(Mem0(name, own.Http), own.Http.Problem(), $"{path}:Http");
                    break;
                default:
                    problems.Add($"{path}:Type must be postgres, http or mock, not '{own.Type}'.");
                    break;
            }
        }

        return connections;

        void Add(MemoryConnection connection, string? problem, string path)
        {
            connections.Add(connection);
            if (problem is not null)
            {
                problems.Add($"{path}:{problem}");
            }
        }
    }

    private static MemoryConnection Mock(string name) =>
        new(name, ProviderTypes.Mock, true, services => new MockMemoryProvider(services.GetRequiredService<TimeProvider>(), name));

    private static MemoryConnection Postgres(string name, PostgresProviderOptions options)
    {
        options.Name = name;
        return new MemoryConnection(name, ProviderTypes.Postgres, true, services => new PostgresMemoryProvider(
            options,
            services.GetService<IEmbedder>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<PostgresMemoryProvider>>()));
    }

    private static MemoryConnection Mem0(string name, Mem0ProviderOptions options)
    {
        options.Name = name;
        return new MemoryConnection(name, ProviderTypes.Http, false, services => new Mem0MemoryProvider(
            options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<Mem0MemoryProvider>>()));
    }

    private static List<ProviderEntry> ChainOf(MemoryProvidersOptions options, List<MemoryConnection> connections, List<string> problems)
    {
        var entries = options.Chain.Providers.Count > 0 ? Listed(options, connections, problems) : Discovered(options, connections);
        if (entries.Count == 0 && problems.Count == 0)
        {
            problems.Add(
                $"MEMORY_PROVIDER is chain, but there is no provider: set DATABASE_URL, or MEM0_BASE_URL with MEM0_API_KEY or MEM0_HMAC_SECRET, or list the "
                + $"providers in {Path}:Chain:Providers.");
        }

        return entries;
    }

    private static List<ProviderEntry> Listed(MemoryProvidersOptions options, List<MemoryConnection> connections, List<string> problems)
    {
        var entries = new List<ProviderEntry>();
        for (var i = 0; i < options.Chain.Providers.Count; i++)
        {
            var (listed, path) = (options.Chain.Providers[i], $"{Path}:Chain:Providers:{i}");
            var connection = connections.Find(one => one.Name == (listed.Connection ?? listed.Name));
            if (connection is null)
            {
                problems.Add(
                    $"{path}:Connection must be one of {string.Join(", ", connections.Select(one => one.Name))}, not '{listed.Connection ?? listed.Name}'; "
                    + $"more are made in {Path}:Connections.");
                continue;
            }

            var entry = new ProviderEntry
            {
                Name = listed.Name,
                ProviderType = connection.Type,
                ConnectionName = connection.Name,
                Priority = listed.Priority,
                Enabled = listed.Enabled,
                HealthCheckInterval = listed.HealthCheckInterval,
                Timeout = listed.Timeout,
                RetryAttempts = listed.RetryAttempts,
            };
            if (entry.Problem() is { } problem)
            {
                problems.Add($"{path}: {problem.Field} {problem.Rule}.");
            }
            else if (entries.Exists(other => other.Name == entry.Name))
            {
                problems.Add($"{path}:Name is '{entry.Name}', as another has it: names must differ.");
            }
            else if (entries.Exists(other => other.ConnectionName == entry.ConnectionName))
            {
                problems.Add($"{path}:Connection is '{entry.ConnectionName}', which another uses: each provider needs a connection of its own.");
            }

            entries.Add(entry);
        }

        return entries;
    }

    /// <summary>What can be used without a list: PostgreSQL where a database is named, mem0 where there is a secret for it.</summary>
    private static List<ProviderEntry> Discovered(MemoryProvidersOptions options, List<MemoryConnection> connections)
    {
        var entries = new List<ProviderEntry>();
        if (connections.Exists(connection => connection.Name == ProviderTypes.Postgres))
        {
            entries.Add(new ProviderEntry { Name = "postgres_primary", ProviderType = ProviderTypes.Postgres, ConnectionName = ProviderTypes.Postgres, Priority = 10 });
        }

        if (options.Mem0.ApiKey is not null || options.Mem0.HmacSecret is not null)
        {
            entries.Add(new ProviderEntry { Name = "mem0_http", ProviderType = ProviderTypes.Http, ConnectionName = ProviderTypes.Mem0Connection, Priority = 20 });
        }

        return entries;
    }
}
