namespace Granary.Llm.Functions;

/// <summary>The words of a function's name, description and arguments, counted.</summary>
internal sealed class FunctionTerms
{
    // A word of the name says more of a function than one of its description.
    private const int NameWeight = 3;

    private FunctionTerms(Dictionary<string, int> counts)
    {
        Counts = counts;
        Length = counts.Values.Sum();
    }

    /// <summary>How often each word is there.</summary>
    public IReadOnlyDictionary<string, int> Counts { get; }

    /// <summary>All words together.</summary>
    public int Length { get; }

    /// <summary>The words of a function.</summary>
    public static FunctionTerms Of(AgentFunction function)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        Count(function.Name, NameWeight);
        Count(function.Description, 1);
        if (function.Parameters.TryGetProperty("properties", out var properties) && properties.ValueKind == System.Text.Json.JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                Count(property.Name, 1);
            }
        }

        return new FunctionTerms(counts);

        void Count(string text, int weight)
        {
            foreach (var word in Words.Of(text))
            {
                counts[word] = counts.GetValueOrDefault(word) + weight;
            }
        }
    }
}
