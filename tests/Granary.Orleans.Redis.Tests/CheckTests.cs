namespace Granary.Orleans.Redis.Tests;

public sealed class CheckTests
{
    [Theory]
    [InlineData("cache:6379,password=p,ssl=true", null)]
    [InlineData("one:6379,two:6379,serviceName=primary", null)]
    [InlineData("", "host:6379")]
    [InlineData("password=secret", "host:port")]
    [InlineData("cache:6379,pasword=secret", "host:6379")]
    [InlineData("cache:6379,ssl=secret", "host:6379")]
    public void A_connection_string_is_checked_and_the_fix_is_said(string connection, string? fix)
    {
        var problem = new RedisProvider().Check(connection);

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
