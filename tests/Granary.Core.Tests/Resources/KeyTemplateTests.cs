using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Resources;

namespace Granary.Core.Tests.Resources;

public class KeyTemplateTests
{
    private const string ValueChars = "aaaaaa:-";

    [Theory]
    [InlineData("support:{{customer}}:{{topic}}", "support:c1:billing")]
    [InlineData("{{customer}}", "c1")]
    [InlineData("{{ customer }}-{{.topic}}", "c1-billing")]
    [InlineData("user:{{customer.id}}", "user:42")]
    [InlineData("{{customer}}-{{customer}}", "c1-c1")]
    [InlineData("x{{customer}}y", "xc1y")]
    [InlineData("all", "all")]
    public void Values_take_the_places_of_their_names(string template, string id) => KeyTemplate.Parse(template).Render(Values()).ShouldBe(id);

    [Theory]
    [InlineData("", "must be 1 to 512 characters")]
    [InlineData("a{{b", "has '{{' without '}}'")]
    [InlineData("{{a}}:{{b}", "has '{{' without '}}'")]
    [InlineData("a{b}c", "a brace that stands alone")]
    [InlineData("a}}", "a brace that stands alone")]
    [InlineData("{{a}}}", "a brace that stands alone")]
    [InlineData("{{}}", "must have names")]
    [InlineData("{{ }}", "must have names")]
    [InlineData("{{.}}", "must have names")]
    [InlineData("{{a..b}}", "must have names")]
    [InlineData("{{a.}}", "must have names")]
    [InlineData("{{a b}}", "must have names")]
    [InlineData("{{a|upper}}", "must have names")]
    [InlineData("{{{a}}}", "must have names")]
    [InlineData("a/{{b}}", "may contain only")]
    [InlineData("ä{{b}}", "may contain only")]
    [InlineData("{{a}}{{b}}", "between two values")]
    [InlineData("{{a}}x{{b}}", "between two values")]
    public void A_template_that_breaks_a_rule_is_refused(string template, string rule)
    {
        var refused = Should.Throw<InvalidRequestException>(() => KeyTemplate.Parse(template));
        refused.Field.ShouldBe("key_template");
        refused.Rule.ShouldContain(rule);
    }

    [Theory]
    [InlineData("{{missing}}", "key_values.missing", "is required")]
    [InlineData("{{empty}}", "key_values.empty", "is required")]
    [InlineData("{{nothing}}", "key_values.nothing", "is required")]
    [InlineData("{{Customer}}", "key_values.Customer", "is required")]
    [InlineData("{{slash}}", "key_values.slash", "may contain only")]
    [InlineData("{{space}}", "key_values.space", "may contain only")]
    [InlineData("{{braces}}", "key_values.braces", "may contain only")]
    [InlineData("a:{{colon}}", "key_values.colon", "may not contain ':'")]
    [InlineData("a-{{colon}}:b", "key_values.colon", "may not contain ':'")]
    [InlineData("{{dots}}", "key_values", "make a session id of 2 characters")]
    [InlineData("a{{long}}", "key_values", "make a session id of 129 characters")]
    public void A_value_that_breaks_a_rule_is_refused_not_rewritten(string template, string field, string rule)
    {
        var refused = Should.Throw<InvalidRequestException>(() => KeyTemplate.Parse(template).Render(Values()));
        refused.Field.ShouldBe(field);
        refused.Rule.ShouldContain(rule);
    }

    [Fact]
    public void A_value_without_a_separator_of_the_template_may_hold_other_characters()
    {
        KeyTemplate.Parse("a-{{colon}}").Render(Values()).ShouldBe("a-x:y");
        KeyTemplate.Parse("{{colon}}").Render(Values()).ShouldBe("x:y");
    }

    [Fact]
    public void Two_different_sets_of_values_never_give_the_same_id()
    {
        var templates = Gen.Choose(1, 5)
            .SelectMany(count => Gen.Elements("a", "1", ":", "-", "a:a", "{{x}}", "{{y}}", "{{z}}", "{{x}}", "{{y}}").ArrayOf(count)).Select(string.Concat);
        var value = Gen.Choose(1, 2).SelectMany(length => Gen.Elements(ValueChars.ToCharArray()).ArrayOf(length)).Select(chars => new string(chars));
        var sets = value.ArrayOf(3);
        var rendered = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(40_000),
            Prop.ForAll(templates.ToArbitrary(), Gen.Zip(sets, sets).ToArbitrary(), (template, pair) =>
            {
                if (TryRender(template, pair.Item1) is not { } left || TryRender(template, pair.Item2) is not { } right)
                    return true;

                rendered++;
                return left != right || "xyz".Index().All(n => !template.Contains($"{{{{{n.Item}}}}}") || pair.Item1[n.Index] == pair.Item2[n.Index]);
            }));
        rendered.ShouldBeGreaterThan(3_000);
    }

    private static string? TryRender(string template, string[] values)
    {
        try
        {
            return KeyTemplate.Parse(template).Render(new Dictionary<string, string> { ["x"] = values[0], ["y"] = values[1], ["z"] = values[2] });
        }
        catch (InvalidRequestException)
        {
            return null;
        }
    }

    private static Dictionary<string, string> Values() => new()
    {
        ["customer"] = "c1", ["topic"] = "billing", ["customer.id"] = "42", ["empty"] = "", ["nothing"] = null!, ["slash"] = "a/b", ["space"] = "a b",
        ["braces"] = "{{customer}}", ["colon"] = "x:y", ["dots"] = "..", ["long"] = new string('x', 128),
    };
}
