using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Tokens;
using Granary.Llm.Models;
using Granary.Llm.Providers;

namespace Granary.Llm.Tests.Models;

/// <summary>llm-proxy.md 3: content larger than one call: by records, tokens or 4,000 characters; "(part i/n)"; last, first or merge.</summary>
public class LargeExtractionTests
{
    private readonly ScriptedModels _models = new();

    [Fact]
    public async Task Content_that_fits_is_asked_about_once_and_bears_no_number()
    {
        _models.Answers("""{"title":"a","people":["Ann"]}""");
        var found = await Extraction().ExtractLargeAsync(Ask(), new string('x', 4_000));
        found.Parts.ShouldBe(1);
        _models.Requests.ShouldHaveSingleItem().Messages.Select(message => message.Content).ShouldBe(["who?", new string('x', 4_000)]);
    }

    [Fact]
    public async Task Each_part_of_4000_characters_is_asked_about_with_its_number_and_the_values_are_merged()
    {
        _models.Answers("""{"title":"a","people":["Ann","Bob"]}""", """{"title":"","people":["Bob","Cid"]}""", """{"title":null,"people":[]}""");
        var found = await Extraction().ExtractLargeAsync(Ask(), new string('x', 8_001), new() { MaxConcurrentParts = 1 });
        found.Value.ShouldSatisfyAllConditions(notes => notes.Title.ShouldBe("a"), notes => notes.People.ShouldBe(["Ann", "Bob", "Cid"]));
        (found.Parts, found.Lost.Count).ShouldBe((3, 0));
        _models.Requests.Select(request => request.Messages[^1].Content[..11]).ShouldBe(["(part 1/3)\n", "(part 2/3)\n", "(part 3/3)\n"]);
        _models.Requests.ShouldAllBe(request => request.Messages[0].Content == "who?" && request.Messages[1].Content.Length <= 4_011);
    }

    [Theory]
    [InlineData(PartMerge.First, "one", "one,two,three")]
    [InlineData(PartMerge.Last, "three", "three,two,one")]
    public async Task First_and_last_ask_until_a_part_gives_a_value(PartMerge merge, string title, string order)
    {
        _models.Answers($$"""{"title":"{{title}}","people":[]}""");
        var options = new LargeContentOptions { Unit = ContentUnit.Records, Size = 1, Merge = merge };
        (await Extraction().ExtractLargeAsync(Ask(), "one\ntwo\nthree\n", options)).Value.Title.ShouldBe(title);
        _models.Requests.ShouldHaveSingleItem();

        // Two answers that cannot be read for each part but the one in the end.
        _models.Answers("no", "no", "no", "no", """{"title":"x","people":[]}""");
        var found = await Extraction().ExtractLargeAsync(Ask(), "one\ntwo\nthree\n", options);
        found.Lost.Select(part => part.Number).ShouldBe(merge == PartMerge.First ? [1, 2] : [2, 3]);
        _models.Requests.Skip(1).Select(request => request.Messages[1].Content.Split('\n')[1]).Distinct().ShouldBe(order.Split(','));
    }

    [Fact]
    public async Task A_part_that_gives_no_value_costs_only_itself_and_is_named()
    {
        _models.Answers("""{"title":"a","people":["Ann"]}""");
        _models.Fails(new ProviderException("openai", "It is down.", 503));
        _models.Answers("""{"title":"c","people":["Cid"]}""");
        var found = await Extraction().ExtractLargeAsync(Ask(), "one\ntwo\nthree", new() { Unit = ContentUnit.Records, Size = 1, MaxConcurrentParts = 1 });
        found.Value.People.ShouldBe(["Ann", "Cid"]);
        found.Lost.ShouldBe([new LostPart(2, "It is down.")]);
    }

    [Theory]
    [InlineData(PartMerge.Merge)]
    [InlineData(PartMerge.First)]
    [InlineData(PartMerge.Last)]
    public async Task Without_any_value_the_failure_is_the_callers(PartMerge merge)
    {
        _models.Fails(new ProviderException("openai", "It is down.", 503));
        _models.Fails(new ProviderException("openai", "It is down.", 503));
        var options = new LargeContentOptions { Unit = ContentUnit.Records, Size = 1, Merge = merge };
        await Should.ThrowAsync<ProviderException>(() => Extraction().ExtractLargeAsync(Ask(), "one\ntwo", options));
    }

    [Fact]
    public async Task Values_that_fit_no_longer_when_merged_are_a_format_exception()
    {
        _models.Answers("""{"range":[1,2]}""", """{"range":[3]}""");
        var extraction = new StructuredExtraction<Pair>(_models, new ModelCatalogue([], []), new ScriptAwareTokenCounter(), NotesJson.Default.Pair);
        await Should.ThrowAsync<FormatException>(() => extraction.ExtractLargeAsync(Ask(), "one\ntwo", new() { Unit = ContentUnit.Records, Size = 1, MaxConcurrentParts = 1 }));
    }

    [Fact]
    public async Task Limits_are_checked_before_anything_is_asked()
    {
        (await Should.ThrowAsync<ArgumentException>(() => Extraction().ExtractLargeAsync(Ask(), new string('x', 9), new() { Size = 1, MaxParts = 8 }))).Message.ShouldContain("MaxParts");
        (await Should.ThrowAsync<ArgumentException>(() => Extraction().ExtractLargeAsync(Ask(), "x", new() { Size = 0 }))).Message.ShouldContain("Size");
        _models.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void Records_are_lines_or_elements_and_none_is_divided()
    {
        Parts("a\n\nb\nc", ContentUnit.Records, 2).ShouldBe(["a\n\nb\n", "c"]);
        Parts("""[{"n":"é"}, null, [3]]""", ContentUnit.Records, 2).ShouldBe(["""[{"n":"é"},null]""", "[[3]]"]);
        Parts("[1, 2]", ContentUnit.Records, 2).ShouldBe(["[1, 2]"]);
        Parts("[not json\nat all", ContentUnit.Records, 1).ShouldBe(["[not json\n", "at all"]);
    }

    [Fact]
    public void Parts_end_where_a_reader_would_end_them()
    {
        Parts("First paragraph.\n\nSecond is longer.", ContentUnit.Characters, 25).ShouldBe(["First paragraph.\n\n", "Second is longer."]);
        Parts("one two three", ContentUnit.Characters, 9).ShouldBe(["one two ", "three"]);
        Parts("a bcdefghij", ContentUnit.Characters, 8).ShouldBe(["a bcdefg", "hij"]);
    }

    [Fact]
    public void However_content_is_divided_nothing_is_lost_and_no_part_is_too_large()
    {
        var counter = new ScriptAwareTokenCounter();
        var texts = Gen.Elements("word ", "x", "\n", "\n\n", "日本", "😀", "long-long-long", ".").ListOf().Select(string.Concat);
        var cases = from text in texts
                    from unit in Gen.Elements(Enum.GetValues<ContentUnit>())
                    from size in Gen.Choose(1, 20)
                    select (text, unit, size);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var parts = Parts(item.text, item.unit, item.size);
            string.Concat(parts).ShouldBe(item.text);
            foreach (var part in parts)
            {
                (parts.Count == 1 || part.Length > 0).ShouldBeTrue();
                part.EnumerateRunes().ShouldAllBe(rune => rune.Value != 0xFFFD);
                var size = item.unit switch
                {
                    ContentUnit.Characters => part.Length,
                    ContentUnit.Tokens => counter.Count(part, null),
                    _ => part.Split('\n').Count(line => !string.IsNullOrWhiteSpace(line)),
                };

                // A character outside the basic plane, and one that costs more tokens than may be, go whole.
                (size <= item.size || part.EnumerateRunes().Count() == 1).ShouldBeTrue($"{item.unit} {item.size}: {size} '{part}'");
            }
        }));
    }

    [Theory]
    [InlineData("""{"a":1,"b":{"x":[1,2]}}""", """{"b":{"x":[2,3],"y":"z"},"c":null}""", """{"a":1,"b":{"x":[1,2,3],"y":"z"},"c":null}""")]
    [InlineData("""{"a":"old"}""", """{"a":"new"}""", """{"a":"new"}""")]
    [InlineData("""{"a":"old"}""", """{"a":""}""", """{"a":"old"}""")]
    [InlineData("""{"a":[1]}""", """{"a":null}""", """{"a":[1]}""")]
    [InlineData("""{"a":{"x":1}}""", """{"a":2}""", """{"a":2}""")]
    [InlineData("""[{"k":1},1,1]""", """[{"k":1},{"k":2}]""", """[{"k":1},1,1,{"k":2}]""")]
    public void Values_merge_by_their_kind(string one, string other, string merged) =>
        MergedJson.Of(JsonNode.Parse(one), JsonNode.Parse(other))!.ToJsonString().ShouldBe(merged);

    private static IReadOnlyList<string> Parts(string content, ContentUnit unit, int size) =>
        ContentParts.Of(content, new LargeContentOptions { Unit = unit, Size = size }, new ScriptAwareTokenCounter(), null);

    private static ChatRequest Ask() => new() { Model = "gpt-4o", Messages = [new ModelMessage { Role = MessageRole.User, Content = "who?" }] };

    private StructuredExtraction<Notes> Extraction() =>
        new(_models, new ModelCatalogue([], []), new ScriptAwareTokenCounter(), NotesJson.Default.Notes);
}

internal sealed record Notes(string? Title, [property: JsonRequired] IReadOnlyList<string> People);

internal sealed record Pair([property: JsonConverter(typeof(AtMostTwo))] IReadOnlyList<int> Range);

internal sealed class AtMostTwo : JsonConverter<IReadOnlyList<int>>
{
    public override IReadOnlyList<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var list = JsonSerializer.Deserialize(ref reader, NotesJson.Default.ListInt32)!;
        return list.Count <= 2 ? list : throw new JsonException("More than two.");
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<int> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, [.. value], NotesJson.Default.ListInt32);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Notes))]
[JsonSerializable(typeof(Pair))]
[JsonSerializable(typeof(List<int>))]
internal sealed partial class NotesJson : JsonSerializerContext;
