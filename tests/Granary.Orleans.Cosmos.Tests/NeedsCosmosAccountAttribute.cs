using Granary.Orleans.Conformance.Skipping;

namespace Granary.Orleans.Cosmos.Tests;

public sealed class NeedsCosmosAccountAttribute : NeedsAttribute
{
    public override string? Missing => CosmosService.Account is null
        ? "The stand-in for Cosmos has no transactional batch: membership in Cosmos was not tested. Set GRANARY_TEST_COSMOS to the connection string of "
            + "an account or emulator (AccountEndpoint=…;AccountKey=…[;Mode=Gateway])."
        : null;
}
