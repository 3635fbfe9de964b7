using Granary.Llm.Providers;

namespace Granary.Llm.Tests.Audit;

/// <summary>A catalogue of a few prices.</summary>
internal sealed class FixedCatalogue : IModelCatalogue
{
    public IReadOnlyList<ModelInfo> Models { get; } =
    [
        new() { Name = "gpt-4", InputPrice = 30m, OutputPrice = 60m },
        new() { Name = "gpt-4-turbo", InputPrice = 10m, OutputPrice = 30m },
        new() { Name = "gpt-4o", InputPrice = 2.5m, CachedInputPrice = 1.25m, OutputPrice = 10m },
        new() { Name = "half-known", InputPrice = 1m },
    ];

    public ModelInfo Find(string model) =>
        Models.Where(info => model.StartsWith(info.Name, StringComparison.Ordinal)).MaxBy(info => info.Name.Length) ?? new ModelInfo { Name = model };
}
