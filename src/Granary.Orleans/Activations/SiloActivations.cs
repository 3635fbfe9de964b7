namespace Granary.Orleans.Activations;

/// <summary>All activations of this silo that the governor looks after.</summary>
internal sealed class SiloActivations(TimeProvider time)
{
    public ActivationTracker Sessions { get; } = new(time);

    public ActivationTracker Users { get; } = new(time);
}
