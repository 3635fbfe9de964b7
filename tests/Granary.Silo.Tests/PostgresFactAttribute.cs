using Granary.Testing.Postgres;

namespace Granary.Silo.Tests;

/// <summary>A test that needs PostgreSQL on this machine; without it, it is reported as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    /// <summary>Looks whether it is there.</summary>
    public PostgresFactAttribute()
    {
        if (!PostgresServer.IsAvailable)
        {
            Skip = PostgresServer.Missing;
        }
    }
}
