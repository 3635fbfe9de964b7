using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Granary.Llm.Rendering.Repairs;

namespace Granary.Llm.Tests.Rendering;

/// <summary>Fitted names of tools: what every provider takes, two for two, and the way back.</summary>
public partial class ToolNamesTests
{
    public static TheoryData<ChatDialect> Dialects => Samples.Dialects;

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Two_tools_stay_two_and_their_calls_name_them(ChatDialect dialect)
    {
        string[] names = ["a.b", "a b", "a_b", new string('x', 70) + "1", new string('x', 70) + "2", "3d", "_3d"];
        var body = Samples.Renderer(dialect).RenderRequest(Samples.Request(
            dialect,
            [Samples.User("x"), .. names.SelectMany((name, i) => new[] { Samples.Assistant("", Samples.Call($"c{i}", name, "{}")), Samples.Result($"c{i}", "ok", name: name) })]) with
        {
            Tools = [.. names.Select(name => Samples.Clock with { Name = name })],
        });
        var defined = Defined(body, dialect);
        defined.Distinct().Count().ShouldBe(names.Length);
        defined.ShouldAllBe(name => Valid().IsMatch(name));
        var text = body.ToJsonString();
        defined.ShouldAllBe(name => text.Split($"\"{name}\"").Length >= 3);

        var map = ToolNameMap.Of([.. names.Select(name => Samples.Clock with { Name = name })], dialect).ShouldNotBeNull();
        defined.Select(map.Original).ShouldBe(names);
        ToolNameMap.Of([Samples.Clock, Samples.Weather], dialect).ShouldBeNull();
    }

    [Fact]
    public void Any_two_names_are_fitted_to_two_that_are_fitted_already()
    {
        var names = Gen.Elements("a", ".", " ", "_", "-", "1", "é", "😀", new string('y', 30)).NonEmptyListOf().Select(string.Concat);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1_000), Prop.ForAll(names.ToArbitrary(), names.ToArbitrary(), (one, other) =>
        {
            foreach (var fit in new Func<string?, string>[] { ToolNames.Fit, ToolNames.FitGemini })
            {
                Valid().IsMatch(fit(one)).ShouldBeTrue();
                fit(fit(one)).ShouldBe(fit(one));
                (fit(one) == fit(other)).ShouldBe(one == other);
            }
        }));
    }

    private static List<string> Defined(JsonObject body, ChatDialect dialect) =>
    [
        .. (dialect == ChatDialect.Gemini ? body["tools"]![0]!["functionDeclarations"]! : body["tools"]!).AsArray()
            .Select(tool => (string)(tool!["name"] ?? tool["function"]!["name"])!),
    ];

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$")]
    private static partial Regex Valid();
}
