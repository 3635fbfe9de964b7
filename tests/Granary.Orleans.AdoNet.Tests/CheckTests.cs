namespace Granary.Orleans.AdoNet.Tests;

public sealed class CheckTests
{
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
