using FsCheck;
using FsCheck.Fluent;
using Granary.Providers.Mem0;

namespace Granary.Providers.Tests.Mem0;

public sealed class Mem0UsersTests
{
    [Theory]
    [InlineData("acme", "ada", "acme:ada")]
    [InlineData("a:b", "c", "a~1b:c")]
    [InlineData("a", "b:c", "a:b:c")]
    [InlineData("a~1b", "c", "a~01b:c")]
    public void A_user_is_told_with_his_tenant(string tenant, string user, string expected) => Mem0Users.Of(new UserKey(tenant, user)).ShouldBe(expected);

    [Fact]
    public void Long_names_are_told_by_a_hash()
    {
        var id = Mem0Users.Of(new UserKey("acme", new string('x', 128)));
        id.ShouldStartWith("~2:");
        id.Length.ShouldBe(35);
    }

    [Fact]
    public void Two_users_are_never_told_as_one()
    {
        // Few characters, those that part and escape among them, so that many come near each other.
        var text = Gen.Elements("a", "b", ":", "~", "0", "1", "2").ListOf().Select(parts => string.Concat(parts.Take(6))).Where(Ids.IsValid);
        var key = Gen.Zip(text, text, (tenant, user) => new UserKey(tenant, user));
        Prop.ForAll(Gen.Zip(key, key, (a, b) => (a, b)).ToArbitrary(), pair =>
        {
            var (first, second) = (Mem0Users.Of(pair.a), Mem0Users.Of(pair.b));
            Ids.IsValid(first).ShouldBeTrue();
            (first == second).ShouldBe(pair.a == pair.b);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }
}
