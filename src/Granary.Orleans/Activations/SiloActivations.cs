namespace Granary.Orleans.Activations;

/// <summary>All activations of this silo that the governor looks after.</summary>
internal sealed class SiloActivations(TimeProvider time, TimeSpan workTime)
{
    public ActivationTracker Sessions { get; } = new(time, workTime);

    public ActivationTracker Users { get; } = new(time, workTime);
}
