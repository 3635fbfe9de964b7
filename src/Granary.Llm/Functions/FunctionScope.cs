using Granary.Llm.Agents;

namespace Granary.Llm.Functions;

/// <summary>What a function learns of its call apart from the model's arguments, which cannot change any of it.</summary>
/// <param name="Context">Who asks.</param>
/// <param name="CallId">The call's id; null where a model did not make the call.</param>
/// <param name="Services">Where parameters that are services come from; null for the registry's own. The loop gives those of <see cref="CallingContext.Services"/>.</param>
public sealed record FunctionScope(CallingContext Context, string? CallId = null, IServiceProvider? Services = null);
