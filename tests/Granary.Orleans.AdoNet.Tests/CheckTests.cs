namespace Granary.Orleans.AdoNet.Tests;

public sealed class CheckTests
{
    [Theory]
    [InlineData("Host=db;Database=granary", 10)]
    [InlineData("Host=db;Database=granary;Minimum Pool Size=20", 20)]
    [InlineData("Host=db;Database=granary;MaxPoolSize=100", 100)]
    [InlineData("Host=db;Database=granary;maximum pool size=3", 3)]
    public void The_pool_of_membership_and_reminders_is_small_unless_said_otherwise(string connection, int size) =>
        new Npgsql.NpgsqlConnectionStringBuilder(AdoNetProvider.BoundPool(connection)).MaxPoolSize.ShouldBe(size);

    [Theory]
    [InlineData("Host=db;Database=granary;Username=u;Password=p", null)]
    [InlineData("Server=db;Port=5433;Database=granary;User Id=u;SSL Mode=Require;Search Path=mine", null)]
    [InlineData("", "Host=")]
    [InlineData("Database=granary", "Host=")]
    [InlineData("Host=db;Username=u", "Database=")]
    [InlineData("Host=db;Database=granary;Pasword=secret", "Host=…")]
    [InlineData("Host=db;Port=many;Database=granary", "Host=…")]
    [InlineData("postgres://u:secret@db/granary", "Host=…")]
    public void A_connection_string_is_checked_and_the_fix_is_said(string connection, string? fix)
    {
        var problem = new AdoNetProvider().Check(connection);

        if (fix is null)
        {
            problem.ShouldBeNull();
        }
        else
        {
            problem.ShouldNotBeNull().ShouldContain(fix);
            problem.ShouldNotContain("secret");
        }
    }
}
