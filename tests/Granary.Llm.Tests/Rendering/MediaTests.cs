using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Media;

namespace Granary.Llm.Tests.Rendering;

public class MediaTests
{
    public static TheoryData<ChatDialect> Dialects => Samples.Dialects;

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_picture_by_content_is_read_again(ChatDialect dialect)
    {
        var picture = new MediaReference(MediaKind.Image, $"data:image/png;base64,{Samples.Png}", "image/png");

        Read(dialect, picture).Media!.Single().ShouldBe(picture);
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Anthropic)]
    [InlineData(ChatDialect.Gemini)]
    [InlineData(ChatDialect.Mistral)]
    public void A_picture_by_address_is_read_again(ChatDialect dialect) =>
        Read(dialect, new(MediaKind.Image, "https://example.org/a.png")).Media!.Single().Url.ShouldBe("https://example.org/a.png");

    [Fact]
    public void A_picture_by_address_is_a_line_where_the_dialect_takes_none() =>
        Read(ChatDialect.Ollama, new(MediaKind.Image, "https://example.org/a.png", null, "A tree")).Content.ShouldBe("Look.\n[image: A tree (https://example.org/a.png)]");

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.Gemini)]
    public void A_sound_is_read_again(ChatDialect dialect)
    {
        var sound = new MediaReference(MediaKind.Audio, "data:audio/wav;base64,UklGRg==", "audio/wav");

        Read(dialect, sound).Media!.Single().ShouldBe(sound);
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Anthropic)]
    public void A_document_is_read_again_with_its_name(ChatDialect dialect)
    {
        var document = new MediaReference(MediaKind.File, "data:application/pdf;base64,JVBERi0=", "application/pdf", "trip.pdf");

        Read(dialect, document).Media!.Single().ShouldBe(document);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Content_never_stands_in_the_text(ChatDialect dialect)
    {
        var reference = new MediaReference(MediaKind.Video, $"data:video/mp4;base64,{Samples.Png}");

        var body = Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.Assistant("x") with { Media = [reference] }, Samples.User("Look.", reference)));

        foreach (var text in Texts(body))
        {
            (text == Samples.Png || !text.Contains(Samples.Png, StringComparison.Ordinal)).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("data:,A%20b", "text/plain", "QSBi")]
    [InlineData("data:text/html;charset=utf-8,%3Cb%3E", "text/html", "PGI+")]
    [InlineData("DATA:image/png;BASE64,AAAA", "image/png", "AAAA")]
    [InlineData("data:image/png;base64,AA%3D%3D", "image/png", "AA==")]
    public void A_data_address_is_read(string url, string type, string content)
    {
        DataUrl.TryRead(url, null, out var data).ShouldBeTrue();

        data.ShouldBe(new(type, content));
    }

    [Theory]
    [InlineData("data:")]
    [InlineData("data:image/png;base64,")]
    [InlineData("data:image/png;base64,not!")]
    [InlineData("data:image/png;base64,AAA")]
    [InlineData("https://example.org/a,b")]
    public void What_is_no_data_address_is_not_read(string url) => DataUrl.TryRead(url, null, out _).ShouldBeFalse();

    private static ModelMessage Read(ChatDialect dialect, MediaReference media)
    {
        var body = Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, Samples.User("Look.", media)));
        return Samples.Renderer(dialect).ParseRequest(body).Messages.Single();
    }

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject body => body.SelectMany(property => Texts(property.Value)),
        JsonArray list => list.SelectMany(Texts),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };
}
