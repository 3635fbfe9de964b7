using System.Diagnostics;
using Granary.Core.Recall;
using Granary.Providers.Postgres;
using Granary.Testing.Node;

namespace Granary.Providers.Tests.Postgres;

/// <summary>A server that speaks PostgreSQL's protocol and has pgvector, from npm, in memory. An open transaction of one client keeps all others waiting.</summary>
public sealed class VectorService : IAsyncLifetime
{
    private static readonly NpmFolder Folder = new("Postgres", "standin");

    private Process? _process;

    /// <summary>Why there is none, or null.</summary>
    public static string? Missing => Folder.Problem;

    private string ConnectionString { get; set; } = "";

    /// <summary>A provider over a schema of its own. With one connection: the server mixes up large messages of several.</summary>
    internal PostgresFixture Open(IEmbedder? embedder = null, Action<PostgresProviderOptions>? configure = null) =>
        new(ConnectionString, embedder, configure, connections: 1);

    public async Task InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        var start = Folder.Node("server.mjs", "0");
        start.RedirectStandardError = false;
        start.RedirectStandardInput = true;
        _process = Process.Start(start)!;
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("READY 127.0.0.1:", StringComparison.Ordinal))
            {
                // What it says later is nobody's business, but must not fill the pipe.
                _ = _process.StandardOutput.ReadToEndAsync();
                ConnectionString = $"Host=127.0.0.1;Port={line.Split(':')[1]};Username=postgres;Database=postgres;SSL Mode=Disable";
                return;
            }
        }

        throw new InvalidOperationException("The stand-in for PostgreSQL with pgvector ended before it was ready.");
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class VectorCollection : ICollectionFixture<VectorService>
{
    public const string Name = "pgvector";
}

public sealed class VectorFactAttribute : FactAttribute
{
    public VectorFactAttribute() => Skip = VectorService.Missing is { } missing ? $"Vectors of the memory provider postgres were not tested. {missing}" : null;
}
