using System.Text;
using Granary.Silo.Dashboard;

namespace Granary.Silo.Tests;

public sealed class DashboardCredentialsTests
{
    [Theory]
    [InlineData("admin:gk_abc", "gk_abc")]
    [InlineData(":gk_abc", "gk_abc")]
    [InlineData("admin:with:colons", "with:colons")]
    [InlineData("admin", null)]
    public void The_password_is_the_key(string credentials, string? key) =>
        DashboardCredentials.KeyOf("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials))).ShouldBe(key);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Basic")]
    [InlineData("Basic ???")]
    [InlineData("Bearer gk_abc")]
    public void Anything_else_is_left_as_it_is(string? header) => DashboardCredentials.KeyOf(header).ShouldBeNull();
}
