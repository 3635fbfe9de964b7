using Granary.Orleans.Conformance.Skipping;
using Granary.Testing.Postgres;

namespace Granary.Orleans.AdoNet.Tests;

public sealed class NeedsPostgresAttribute : NeedsAttribute
{
    public override string? Missing => PostgresServer.IsAvailable ? null : $"Clusters over ADO.NET were not tested. {PostgresServer.Missing}";
}
