namespace Granary.Orleans.Cosmos.Tests;

public sealed class CheckTests
{
    [Theory]
    [InlineData("AccountEndpoint=https://a.documents.azure.com:443/;AccountKey=c2VjcmV0;", null)]
    [InlineData("AccountEndpoint=https://a.documents.azure.com:443/;AccountKey=c2VjcmV0;Database=memory;Mode=gateway", null)]
    [InlineData("AccountEndpoint=http://localhost:8081/;AccountKey=c2VjcmV0", null)]
    [InlineData("", "AccountEndpoint=")]
    [InlineData("AccountKey=c2VjcmV0", "AccountEndpoint is missing")]
    [InlineData("AccountEndpoint=a.documents.azure.com;AccountKey=c2VjcmV0", "no URL")]
    [InlineData("AccountEndpoint=https://a.documents.azure.com", "AccountKey is missing")]
    [InlineData("AccountEndpoint=https://a.documents.azure.com;AccountKey=%c2VjcmV0", "not base64")]
    [InlineData("AccountEndpoint=http://a.documents.azure.com;AccountKey=c2VjcmV0", "Use https")]
    [InlineData("AccountEndpoint=https://a.documents.azure.com;AccountKey=c2VjcmV0;Mode=Fast", "Mode=Gateway")]
    [InlineData("AccountEndpoint=https://a.documents.azure.com;AccountKey=c2VjcmV0;Database=a/b", "may not contain")]
    [InlineData("AccountEndpoint=https://a.documents.azure.com;AccountKey=c2VjcmV0;Pasword=p", "'pasword' is not a part")]
    [InlineData("c2VjcmV0", "AccountEndpoint=")]
    public void A_connection_string_is_checked_and_the_fix_is_said(string connection, string? fix)
    {
        var problem = new CosmosProvider().Check(connection);

        if (fix is null)
        {
            problem.ShouldBeNull();
        }
        else
        {
            problem.ShouldNotBeNull().ShouldContain(fix);
            problem.ShouldNotContain("c2VjcmV0");
        }
    }

    [Fact]
    public void A_parsed_connection_does_not_show_its_key() =>
        CosmosConnection.Parse("AccountEndpoint=https://a.documents.azure.com;AccountKey=c2VjcmV0").ToString().ShouldNotContain("c2VjcmV0");
}
