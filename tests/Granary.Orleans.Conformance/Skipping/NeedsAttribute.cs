namespace Granary.Orleans.Conformance.Skipping;

/// <summary>On a test class: what its <see cref="ServiceFactAttribute"/> tests need from the machine.</summary>
[AttributeUsage(AttributeTargets.Class)]
public abstract class NeedsAttribute : Attribute
{
    /// <summary>What is missing, what goes untested without it and how to get it; null if the tests can run.</summary>
    public abstract string? Missing { get; }
}
