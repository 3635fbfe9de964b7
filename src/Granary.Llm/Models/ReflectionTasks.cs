using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Models;

/// <summary>What the tasks of reflection have in common: the model, and how much of it.</summary>
internal static class ReflectionTasks
{
    /// <summary>A task of the model that reflects.</summary>
    public static ModelTask<T> Of<T>(
        ModelsOptions options, IChatModels models, IModelCatalogue catalogue, ITokenCounter tokens, TimeProvider time, ILogger logger, JsonTypeInfo<T> type, string name, JsonElement schema)
        where T : class => new(
            new ModelTaskOptions(
                name, options.Reflector!, TimeSpan.FromSeconds(options.ReflectorTimeoutSeconds), (model, outcome) => GranaryLlmInstruments.Reflected(model, name, outcome)),
            models,
            catalogue,
            tokens,
            time,
            logger,
            type,
            schema);

    /// <summary>Characters of material that fit into the model's context beside instructions and answer.</summary>
    public static int MaxCharacters(ModelsOptions options, ModelInfo model) => 2 * Math.Max(1_000, Math.Min(options.SummarizerInputTokens, model.ContextTokens / 2));
}
