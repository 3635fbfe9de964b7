using Xunit.Abstractions;
using Xunit.Sdk;

namespace Granary.Providers.Tests.Postgres;

/// <summary>
/// Takes the tests away that a class inherits from a suite where their service is missing: inherited facts cannot be skipped one by one. Beside it stands
/// a fact that is skipped with the reason.
/// </summary>
public abstract class WithService(string? missing) : ITestCaseOrderer
{
    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase => missing is null ? testCases : [];
}

public sealed class WithPostgres() : WithService(PostgresService.Missing)
{
    public const string TypeName = "Granary.Providers.Tests.Postgres.WithPostgres";
}

public sealed class WithVectors() : WithService(VectorService.Missing)
{
    public const string TypeName = "Granary.Providers.Tests.Postgres.WithVectors";
}
