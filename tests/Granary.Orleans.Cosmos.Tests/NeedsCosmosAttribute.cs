using Granary.Orleans.Conformance.Skipping;

namespace Granary.Orleans.Cosmos.Tests;

public sealed class NeedsCosmosAttribute : NeedsAttribute
{
    public override string? Missing => CosmosService.Account is null && StandIn.Problem is { } problem
        ? $"There is no stand-in for Cosmos: grain storage and reminders in Cosmos were not tested. {problem}"
        : null;
}
