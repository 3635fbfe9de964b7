using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Storage;

namespace Granary.Core.Tests.Storage;

public class DocumentIdsTests
{
    private const string IdChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:@|+=~-";

    private static readonly Gen<string> Ids =
        from length in Gen.Choose(1, Granary.Ids.MaxLength)
        from chars in Gen.Elements(IdChars.ToCharArray()).ArrayOf(length)
        select new string(chars);

    [Fact]
    public void Every_id_comes_back_as_it_was_and_uses_only_what_stores_take() =>
        Prop.ForAll(Ids.ToArbitrary(), id =>
        {
            var encoded = DocumentIds.Encode(id);
            return DocumentIds.Decode(encoded) == id
                && encoded.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                && encoded.Length <= 3 * id.Length;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_can_be_decoded_is_what_was_encoded()
    {
        var texts = Gen.Elements("ab0-2d:5f".ToCharArray()).ListOf().Select(chars => new string([.. chars]));
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            try
            {
                return DocumentIds.Encode(DocumentIds.Decode(text)) == text;
            }
            catch (FormatException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("abc123", "abc123")]
    [InlineData("a-b", "a-2db")]
    [InlineData("user:1@x.y", "user-3a1-40x-2ey")]
    public void Letters_and_digits_stay_readable(string id, string encoded) => DocumentIds.Encode(id).ShouldBe(encoded);

    [Fact]
    public void An_id_without_special_characters_is_not_copied() => DocumentIds.Encode("abc").ShouldBeSameAs("abc");

    [Theory]
    [InlineData("a-")]
    [InlineData("a-2")]
    [InlineData("a-2D")]
    [InlineData("a-61")]
    [InlineData("a-ff")]
    [InlineData("a:b")]
    [InlineData("ä")]
    public void What_nothing_encodes_to_is_refused(string encoded) => Should.Throw<FormatException>(() => DocumentIds.Decode(encoded));

    [Fact]
    public void Text_beyond_ascii_is_refused() => Should.Throw<ArgumentException>(() => DocumentIds.Encode("é"));
}
