namespace Granary.Llm.Functions;

/// <summary>Where functions come from that are not known when the registry is set up.</summary>
public interface IFunctionSource
{
    /// <summary>Its name, unique in a registry.</summary>
    string Name { get; }

    /// <summary>The functions that it has now; none while it cannot be reached. Fast once they are known.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<AgentFunction>> ListAsync(CancellationToken cancellationToken = default);
}
