using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Granary.Llm.Agents;

namespace Granary.Llm.Tests.Agents;

public class AbstractedTests
{
    [Fact]
    public void A_record_becomes_an_agent()
    {
        var agent = Abstracted.Of<Forecast>();

        (agent.Name, agent.FullName, agent.KeyField, agent.TableName, agent.TenantIsolated)
            .ShouldBe(("Forecast", "Granary.Llm.Tests.Agents.Forecast", "name", "forecasts", true));
        agent.Description.ShouldBe("You forecast the weather.");
        agent.ResponseFormat!.Name.ShouldBe("Forecast");
        agent.ResponseFormat.Schema!.Value.GetProperty("required").EnumerateArray().Select(e => e.GetString()).ShouldBe(["city", "degrees", "sky"]);
    }

    [Fact]
    public void The_system_prompt_ends_with_the_form_of_the_answer_in_yaml() =>
        Abstracted.Of<Forecast>().SystemPrompt.ReplaceLineEndings("\n").ShouldBe(
            """
            You forecast the weather.

            ## Response format

            Respond with valid JSON matching this schema:

            ```yaml
            properties:
              city:
                description: The city.
                type: string
              degrees:
                description: "Temperature, in °C."
                type: number
              sky:
                enum:
                  - Clear
                  - Rain
              note:
                type:
                  - string
                  - "null"
                default: null
            required:
              - city
              - degrees
              - sky
            ```
            """.ReplaceLineEndings("\n"));

    [Fact]
    public void Json_can_be_asked_for_and_user_set_parts_win()
    {
        var agent = Abstracted.Of(typeof(Named));

        (agent.Name, agent.FullName, agent.KeyField, agent.TableName, agent.TenantIsolated, agent.Description)
            .ShouldBe(("guide", "travel.guide", "code", "tours", false, "You guide."));
        agent.SystemPrompt.ShouldContain("```json\n{");
        (agent with { SystemPrompt = "Own." }).SystemPrompt.ShouldBe("Own.");
        (agent with { Description = "Other." }).SystemPrompt.ShouldStartWith("Other.\n\n## Response format");
    }

    [Fact]
    public void What_is_abstracted_already_stays_as_it_is()
    {
        var agent = Abstracted.Of<Forecast>();

        Abstracted.Of(agent).ShouldBeSameAs(agent);
    }

    [Fact]
    public void Only_public_methods_of_the_type_itself_become_tools() =>
        Abstracted.Of(new Derived()).Functions.Select(f => f.Name).ShouldBe(["Own", "Shared", "renamed"]);

    [Fact]
    public void A_records_own_methods_are_no_tools() => Abstracted.Of(new Forecast("Rome", 20, Sky.Clear)).Functions.ShouldBeEmpty();

    [Fact]
    public void Of_a_type_that_cannot_be_made_only_static_methods_are_tools() =>
        Abstracted.Of<Unmakeable>().Functions.Select(f => f.Name).ShouldBe(["Fixed"]);

    [Fact]
    public void A_property_marked_as_key_is_the_key_field() => Abstracted.Of<Keyed>().KeyField.ShouldBe("orderNumber");

    [Fact]
    public void What_can_only_be_read_is_no_part_of_the_answer() => Abstracted.Of<Derived>().ResponseFormat.ShouldBeNull();

    [Fact]
    public void Ids_are_the_same_for_the_same_tenant_name_and_key()
    {
        var agent = Abstracted.Of<Forecast>();

        // Checked with Python: uuid.uuid3(uuid.NAMESPACE_OID, "acme:Forecast:rome").
        agent.IdOf("acme", "rome").ShouldBe(Guid.Parse("a06fb2fd-6af6-3443-9063-c338914fb9c5"));
        agent.IdOf("other", "rome").ShouldNotBe(agent.IdOf("acme", "rome"));
    }

    [Description("You forecast the weather.")]
    public sealed record Forecast(
        [property: Description("The city.")] string City, [Description("Temperature, in °C.")] double Degrees, Sky Sky, string? Note = null);

    public enum Sky
    {
        Clear,
        Rain,
    }

    [Agent(Name = "guide", Namespace = "travel", Description = "You guide.", KeyField = "code", TableName = "tours", TenantIsolated = false, Notation = SchemaNotation.Json)]
    public sealed class Named
    {
        public string Code { get; set; } = "";
    }

    public class Base
    {
        public string Inherited() => "";

        public virtual string Virtual() => "";
    }

    public sealed class Derived : Base, IDisposable
    {
        public string State => "";

        public static string Shared() => "";

        public override string Virtual() => "";

        public string Own() => "";

        [DisplayName("renamed")]
        public Task<string> OtherAsync() => Task.FromResult("");

        public string _Hidden() => "";

        [Browsable(false)]
        public string Internal() => "";

        public T Generic<T>(T value) => value;

        public void Dispose()
        {
        }

        private string Private() => "";
    }

    public sealed class Unmakeable(string needed)
    {
        public static string Fixed() => "";

        public string Instance() => needed;
    }

    public sealed class Keyed
    {
        [Key]
        public string OrderNumber { get; set; } = "";
    }
}
