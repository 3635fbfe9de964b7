using FsCheck;
using FsCheck.Fluent;
using Granary.Hosting.Settings;

namespace Granary.Server.Tests;

public sealed class DotEnvFileTests
{
    [Theory]
    [InlineData("PORT=9000", "PORT", "9000")]
    [InlineData("  PORT = 9000  ", "PORT", "9000")]
    [InlineData("export PORT=9000", "PORT", "9000")]
    [InlineData("PORT=9000 # the port", "PORT", "9000")]
    [InlineData("PORT=#none", "PORT", "")]
    [InlineData("PORT=", "PORT", "")]
    [InlineData("DATA_DIR=/a#b", "DATA_DIR", "/a#b")]
    [InlineData("DATA_DIR='/a # b'", "DATA_DIR", "/a # b")]
    [InlineData("DATA_DIR=\"/a # b\" # why", "DATA_DIR", "/a # b")]
    [InlineData("X='no \\n escape'", "X", "no \\n escape")]
    [InlineData("X=\"a\\nb\\t\\\"c\\\" \\\\ \\$d \\q\"", "X", "a\nb\t\"c\" \\ $d \\q")]
    [InlineData("X=a=b=c", "X", "a=b=c")]
    [InlineData("X=it's", "X", "it's")]
    [InlineData("Granary__Keys__0__Hash=ab", "Granary:Keys:0:Hash", "ab")]
    [InlineData("\uFEFFPORT=9000\r", "PORT", "9000")]
    public void A_line_is_a_setting(string line, string name, string value) =>
        DotEnvFile.Parse(line, ".env").ShouldHaveSingleItem().ShouldBe(new KeyValuePair<string, string?>(name, value));

    [Fact]
    public void Blank_lines_and_comments_are_none_and_the_last_of_a_name_wins() =>
        DotEnvFile.Parse("# PORT=1\n\n  # x\nPORT=2\r\nport=3\n", ".env").ShouldHaveSingleItem().Value.ShouldBe("3");

    [Theory]
    [InlineData("A=1\nPORT", ".env line 2 must be KEY=VALUE.")]
    [InlineData("=1", ".env line 1 must be KEY=VALUE.")]
    [InlineData("a b=1", ".env line 1 must be KEY=VALUE.")]
    [InlineData("A='open", ".env line 1 has no closing quote.")]
    [InlineData("A=\"x\\\"", ".env line 1 has no closing quote.")]
    [InlineData("A='x' y", ".env line 1 has something after the closing quote.")]
    public void A_line_that_is_no_setting_is_told_by_number(string text, string message) =>
        Should.Throw<SettingException>(() => DotEnvFile.Parse(text, ".env")).Message.ShouldBe(message);

    [Fact]
    public void Any_value_of_one_line_survives_single_quotes()
    {
        var value = ArbMap.Default.GeneratorFor<string>().Where(text => text is not null && !text.Any(c => c is '\'' or '\n' or '\r' or '\uFEFF'));
        Prop.ForAll(value.ToArbitrary(), text => DotEnvFile.Parse($"A='{text}'", ".env")["A"].ShouldBe(text)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_file_that_is_not_there_is_no_error() => DotEnvFile.Read(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString())).ShouldBeEmpty();
}
