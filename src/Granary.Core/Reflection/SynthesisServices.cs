namespace Granary.Core.Reflection;

/// <summary>What users' memories are put together with.</summary>
/// <param name="Options">When.</param>
/// <param name="Profiler">Writes; may be backed by a model.</param>
internal sealed record SynthesisServices(ReflectionOptions Options, IProfiler Profiler);
