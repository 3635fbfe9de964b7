using Granary.Orleans.Conformance.Skipping;

namespace Granary.Orleans.AdoNet.Tests;

public sealed class NeedsPostgresAttribute : NeedsAttribute
{
    public override string? Missing => PostgresServer.Programs is null
        ? "PostgreSQL is not installed: clusters over ADO.NET were not tested. apt-get install postgresql"
        : null;
}
