namespace Granary.Benchmarks.Shared;

/// <summary>What something costs, done again and again.</summary>
/// <param name="Rate">How often a second.</param>
/// <param name="Cpu">The processor's time for each, in microseconds, those who ask included: what a busy machine does not change much.</param>
internal readonly record struct Cost(double Rate, double Cpu);
