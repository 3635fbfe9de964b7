using System.Text.Json;
using System.Text.Json.Serialization;
using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Tokens;
using Granary.Llm.Models;
using Granary.Llm.Providers;

namespace Granary.Llm.Tests.Models;

public class StructuredExtractionTests
{
    private readonly ScriptedModels _models = new();

    /// <summary>llm-proxy.md 3: the whole text, a fence that says json, any fence, from the first brace to the last.</summary>
    [Theory]
    [InlineData("""{"name":"Ann","age":3}""")]
    [InlineData("  \n{\"name\":\"Ann\",\"age\":3}\n ")]
    [InlineData("\uFEFF{\"name\":\"Ann\",\"age\":3}")]
    [InlineData("Here you are:\n```json\n{\"name\":\"Ann\",\"age\":3}\n```\nAnything else?")]
    [InlineData("```JSON\r\n{\"name\":\"Ann\",\"age\":3}\r\n```")]
    [InlineData("```\n{\"name\":\"Ann\",\"age\":3}\n```")]
    [InlineData("```python\nprint({})\n```\n```json\n{\"name\":\"Ann\",\"age\":3}\n```")]
    [InlineData("```text\nno\n```\n```\n{\"name\":\"Ann\",\"age\":3}\n```")]
    [InlineData("```json\n{\"name\":\"Ann\",\"age\":3}")]
    [InlineData("The answer is {\"name\":\"Ann\",\"age\":3}. Right?")]
    [InlineData("""{"name":"Ann","age":3,}""")]
    [InlineData("""{"name":"Ann", /* years */ "age":3, "more":[1]}""")]
    public void Json_is_found_in_what_a_model_wrote_around_it(string text) => Extraction().Parse(text).ShouldBe(new Person("Ann", 3));

    [Theory]
    [InlineData("", "It is empty.")]
    [InlineData("   ", "It is empty.")]
    [InlineData("null", "It is null.")]
    [InlineData("""{"name":"Ann"}""", "age")]
    [InlineData("""So: {"name":"Ann"}""", "age")]
    [InlineData("""{"name":null,"age":3}""", "name")]
    [InlineData("""{"name":"Ann","age":""", "")]
    [InlineData("no json at all", "")]
    [InlineData("} {", "")]
    [InlineData("[]", "")]
    public void What_is_not_of_the_type_is_an_error_that_tells_why(string text, string why) =>
        Should.Throw<FormatException>(() => Extraction().Parse(text)).Message.ShouldContain(why);

    [Fact]
    public void Whatever_stands_around_it_the_value_comes_back_or_a_format_exception()
    {
        var noise = Gen.Elements("```", "```json\n", "\n", "{", "}", "\"", "text", " ", "```\n", "[", "\u00e9", "\ud83d").ListOf().Select(string.Concat);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(noise.ToArbitrary(), noise.ToArbitrary(), (before, after) =>
        {
            try
            {
                return Extraction().Parse($"{before}{{\"name\":\"Ann\",\"age\":3}}{after}") == new Person("Ann", 3);
            }
            catch (FormatException)
            {
                return before.Contains('{') || before.Contains('`') || after.Contains('}') || after.Contains('`');
            }
        }));
    }

    [Fact]
    public async Task The_model_is_held_to_the_schema_where_it_can_be()
    {
        _models.Answers("""{"name":"Ann","age":3}""");
        (await Extraction().ExtractAsync(Ask("gpt-4o"))).ShouldBe(new Person("Ann", 3));
        var schema = _models.Requests.ShouldHaveSingleItem().ResponseFormat.ShouldNotBeNull().Schema.ShouldNotBeNull();
        schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()).ShouldBe(["name", "age"]);
        schema.GetProperty("additionalProperties").GetBoolean().ShouldBeFalse();

        _models.Answers("""{"name":"Ann","age":3}""");
        await Extraction().ExtractAsync(Ask("mxbai-embed-large"));
        _models.Requests.Last().ResponseFormat.ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_asked_for_once_more_with_what_was_wrong()
    {
        _models.Answers("Ann is 3.", """{"name":"Ann","age":3}""");
        (await Extraction().ExtractAsync(Ask())).ShouldBe(new Person("Ann", 3));
        var second = _models.Requests.Last().Messages;
        second.Count.ShouldBe(3);
        second[1].ShouldSatisfyAllConditions(message => message.Role.ShouldBe(MessageRole.Assistant), message => message.Content.ShouldBe("Ann is 3."));
        second[2].Content.ShouldContain("JSON object alone");

        _models.Answers("no", "no", "no");
        await Should.ThrowAsync<FormatException>(() => Extraction().ExtractAsync(Ask()));
        _models.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task An_answer_that_was_cut_off_is_asked_for_again_with_more_room_and_without_its_half()
    {
        _models.Responses(Ended(ChatFinish.Length, "{\"name\":\"An"), Ended(ChatFinish.Stop, """{"name":"Ann","age":3}"""));
        (await Extraction().ExtractAsync(Ask() with { MaxTokens = 100 })).ShouldBe(new Person("Ann", 3));
        _models.Requests.Select(request => (request.MaxTokens, request.Messages.Count)).ShouldBe([(100, 1), (200, 1)]);
    }

    [Theory]
    [InlineData(ChatFinish.Length, null)]
    [InlineData(ChatFinish.Length, 16_384)]
    [InlineData(ChatFinish.ContentFilter, 100)]
    public async Task An_answer_that_would_be_the_same_again_is_not_asked_for_again(ChatFinish finish, int? limit)
    {
        _models.Responses(Ended(finish, "{\"name\":\"An"), Ended(ChatFinish.Stop, "no"));
        await Should.ThrowAsync<FormatException>(() => Extraction().ExtractAsync(Ask() with { MaxTokens = limit }));
        _models.Requests.Count.ShouldBe(1);
    }

    private static ChatResponse Ended(ChatFinish finish, string text) => new() { Id = "1", Model = "m", Content = text, Finish = finish };

    [Fact]
    public async Task Half_an_answer_is_not_taken_for_a_whole_one()
    {
        _models.Responses(new ChatResponse { Id = "1", Model = "m", Content = """{"name":"Ann","age":3}""", Error = "broke off" }, new ChatResponse { Id = "2", Model = "m", Content = "" });
        await Should.ThrowAsync<FormatException>(() => Extraction().ExtractAsync(Ask()));
    }

    [Fact]
    public async Task Where_the_model_fails_the_fallback_makes_the_value_and_the_result_says_so()
    {
        _models.Fails(new ProviderException("openai", "It is down.", 503));
        (await Extraction().ExtractAsync(Ask(), () => new Person("nobody", 0))).ShouldBe(new(new Person("nobody", 0), "It is down."));

        _models.Answers("no", "no");
        (await Extraction().ExtractAsync(Ask(), () => new Person("nobody", 0))).Fallback.ShouldNotBeNull();

        _models.Answers("""{"name":"Ann","age":3}""");
        (await Extraction().ExtractAsync(Ask(), () => throw new InvalidOperationException())).ShouldBe(new(new Person("Ann", 3), null));
    }

    [Fact]
    public async Task A_caller_that_gives_up_gets_no_fallback()
    {
        _models.Fails(new OperationCanceledException());
        await Should.ThrowAsync<OperationCanceledException>(() => Extraction().ExtractAsync(Ask(), () => new Person("nobody", 0)));
    }

    private static ChatRequest Ask(string model = "gpt-4o") =>
        new() { Model = model, Messages = [new ModelMessage { Role = MessageRole.User, Content = "who?" }] };

    private StructuredExtraction<Person> Extraction() =>
        new(_models, new ModelCatalogue([], []), new ScriptAwareTokenCounter(), PersonJson.Default.Person);
}

internal sealed record Person([property: JsonRequired] string Name, [property: JsonRequired] int Age);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(Person))]
internal sealed partial class PersonJson : JsonSerializerContext;
