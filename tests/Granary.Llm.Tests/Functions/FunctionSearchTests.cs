using Granary.Core.Recall;
using Granary.Llm.Functions;

namespace Granary.Llm.Tests.Functions;

public class FunctionSearchTests
{
    [Fact]
    public async Task Functions_are_found_by_the_words_of_name_description_and_arguments()
    {
        var registry = Fill(new FunctionRegistry());

        (await registry.SearchFunctionsAsync("invoices")).ShouldBe(["SendInvoice", "list_payments"]);
        (await registry.SearchFunctionsAsync("what is the weather in a city")).First().ShouldBe("get_weather");
        (await registry.SearchFunctionsAsync("zebra")).ShouldBeEmpty();
        (await registry.SearchFunctionsAsync("")).ShouldBeEmpty();
        (await registry.SearchFunctionsAsync("invoice", limit: 1)).ShouldBe(["SendInvoice"]);
    }

    [Fact]
    public async Task Meaning_finds_what_words_do_not()
    {
        var registry = Fill(new FunctionRegistry(new Meaning()));

        (await registry.SearchFunctionsAsync("billing", limit: 2)).ShouldBe(["SendInvoice", "list_payments"]);
    }

    [Fact]
    public async Task The_same_search_gives_the_same_names_whatever_the_order_of_registration()
    {
        var one = Fill(new FunctionRegistry(new Meaning()));
        var other = new FunctionRegistry(new Meaning());
        other.Add((string city) => city, "get_weather", "Tells the weather of a place.");
        other.Add(() => 1, "list_payments", "Lists payments for an invoice.");
        other.Add((string customer) => customer, "SendInvoice", "Sends a bill.");

        foreach (var query in new[] { "invoice", "billing", "weather payment", "city" })
        {
            (await one.SearchFunctionsAsync(query)).ShouldBe(await other.SearchFunctionsAsync(query));
        }
    }

    [Fact]
    public async Task An_embedder_that_fails_is_done_without()
    {
        var embedder = new Meaning { Fails = true };
        var registry = new FunctionRegistry(embedder);
        await registry.EmbedFunctionAsync("send_invoice", () => 1);

        (await registry.SearchFunctionsAsync("invoice")).ShouldBe(["send_invoice"]);
        embedder.Calls.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_function_is_embedded_once()
    {
        var embedder = new Meaning();
        var registry = new FunctionRegistry(embedder);
        await registry.EmbedFunctionAsync("send_invoice", () => 1);
        embedder.Calls.ShouldBe(1);

        await registry.SearchFunctionsAsync("a");
        await registry.SearchFunctionsAsync("b");

        embedder.Calls.ShouldBe(3);
    }

    private static FunctionRegistry Fill(FunctionRegistry registry)
    {
        registry.Add((string customer) => customer, "SendInvoice", "Sends a bill.");
        registry.Add((string city) => city, "get_weather", "Tells the weather of a place.");
        registry.Add(() => 1, "list_payments", "Lists payments for an invoice.");
        return registry;
    }

    /// <summary>Knows two meanings: money and weather.</summary>
    private sealed class Meaning : IEmbedder
    {
        public bool Fails { get; init; }

        public int Calls { get; private set; }

        public string Model => "meaning";

        public int Dimensions => 2;

        public ValueTask<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken = default)
        {
            Calls++;
            if (Fails)
            {
                throw new InvalidOperationException("no embedder today");
            }

            return ValueTask.FromResult<IReadOnlyList<float[]>>(
            [
                .. texts.Select(text => text.Contains("bill", StringComparison.OrdinalIgnoreCase)
                    ? new float[] { 1, 0 }
                    : text.Contains("pay", StringComparison.OrdinalIgnoreCase) ? [0.8f, 0.6f] : [0, 1]),
            ]);
        }
    }
}
