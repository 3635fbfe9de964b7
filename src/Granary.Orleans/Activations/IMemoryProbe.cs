namespace Granary.Orleans.Activations;

/// <summary>How much of the process's memory is in use.</summary>
internal interface IMemoryProbe
{
    /// <summary>The share in use, 0 to 1 and above.</summary>
    double UsedShare();

    /// <summary>Asks for what was let go to be given back.</summary>
    void Collect();
}
