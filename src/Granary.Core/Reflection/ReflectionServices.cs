namespace Granary.Core.Reflection;

/// <summary>What sessions learn with.</summary>
/// <param name="Options">When, and what.</param>
/// <param name="Reflector">Finds what a stretch says; may be backed by a model.</param>
/// <param name="Reconciler">Decides what that means for what is known; may be backed by a model.</param>
internal sealed record ReflectionServices(ReflectionOptions Options, IReflector Reflector, IReconciler Reconciler)
{
    /// <summary>Finds without a model: what is left at a session's end, and what a model fails at.</summary>
    public IReflector FallbackReflector { get; init; } = new DeterministicReflector();

    /// <summary>Decides without a model.</summary>
    public IReconciler FallbackReconciler { get; init; } = new DeterministicReconciler();
}
