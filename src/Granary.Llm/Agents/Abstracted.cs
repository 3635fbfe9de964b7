using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Functions;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Llm.Agents;

/// <summary>Makes an agent of any type: its description becomes the system prompt, its methods tools, its properties the form of the answer.</summary>
/// <remarks>
/// Descriptions are <see cref="System.ComponentModel.DescriptionAttribute"/>s, for documentation comments are gone at run time. Everything can be
/// overridden by <see cref="AgentAttribute"/> on the type, or by <c>with</c> on the result.
/// </remarks>
public static class Abstracted
{
    /// <summary>The agent of a type.</summary>
    /// <param name="services">What its constructor and its methods' parameters come from.</param>
    /// <exception cref="ArgumentException">A method cannot be called by a model.</exception>
    public static AgentModel Of<T>(IServiceProvider? services = null) => Of(typeof(T), null, services);

    /// <summary>The agent of a type, or of an object and its type. An <see cref="AgentModel"/> is returned as it is.</summary>
    /// <param name="model">
    /// The object or the <see cref="Type"/>. Of a type alone, instance methods become tools only where it can be made: by a constructor without
    /// parameters, or from <paramref name="services"/>.
    /// </param>
    /// <param name="services">What its constructor and its methods' parameters come from.</param>
    /// <exception cref="ArgumentException">A method cannot be called by a model.</exception>
    public static AgentModel Of(object model, IServiceProvider? services = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model switch
        {
            AgentModel made => made,
            Type type => Of(type, null, services),
            _ => Of(model.GetType(), model, services),
        };
    }

    private static AgentModel Of(Type type, object? instance, IServiceProvider? services)
    {
        var said = type.GetCustomAttribute<AgentAttribute>() ?? new AgentAttribute();
        var name = said.Name ?? NameOf(type);
        var agent = new AgentModel
        {
            Name = name,
            Namespace = said.Namespace ?? type.Namespace ?? "global",
            Description = FunctionSchema.Describe(type) ?? said.Description ?? "",
            KeyField = said.KeyField ?? KeyOf(type) ?? "name",
            TenantIsolated = said.TenantIsolated,
            Functions = MethodDiscovery.Of(type, instance ?? Make(type, services), services),
            ResponseFormat = FormatOf(type, name),
            Notation = said.Notation,
        };
        return said.TableName is null ? agent : agent with { TableName = said.TableName };
    }

    private static string NameOf(Type type)
    {
        var mark = type.Name.IndexOf('`', StringComparison.Ordinal);
        return mark < 0 ? type.Name : type.Name[..mark];
    }

    private static string? KeyOf(Type type) => type.GetProperties().FirstOrDefault(static property => property.IsDefined(typeof(KeyAttribute))) is { } key
        ? FunctionJson.Options.PropertyNamingPolicy!.ConvertName(key.Name)
        : null;

    private static object? Make(Type type, IServiceProvider? services)
    {
        if (type.IsAbstract || type.ContainsGenericParameters)
        {
            return null;
        }

        if (type.IsValueType || type.GetConstructor(Type.EmptyTypes) is not null)
        {
            return Activator.CreateInstance(type);
        }

        // The container's own type: one it makes by trial would hide why a constructor fails.
        return services?.GetService<IServiceProviderIsService>()?.IsService(type) == true ? services.GetRequiredService(type) : null;
    }

    private static ResponseFormat? FormatOf(Type type, string name)
    {
        if (type.IsAbstract && type.IsSealed)
        {
            return null;
        }

        // What can only be read is no part of an answer: nothing could be made of it.
        string[] fields =
        [
            .. FunctionJson.Options.GetTypeInfo(type).Properties
                .Where(static property => property.Set is not null || property.AssociatedParameter is not null)
                .Select(static property => property.Name),
        ];
        if (fields.Length == 0)
        {
            return null;
        }

        var schema = FunctionSchema.Of(type);
        var properties = new JsonObject();
        foreach (var field in fields)
        {
            properties[field] = schema["properties"]?[field]?.DeepClone();
        }

        var required = (schema["required"] as JsonArray ?? []).Select(static entry => entry!.GetValue<string>()).Where(fields.Contains).ToArray();
        var form = JsonNode.Parse(FunctionSchema.Object(properties, required).GetRawText())!.AsObject();
        form["additionalProperties"] = false;
        return new ResponseFormat(FunctionNames.From(name), JsonSerializer.SerializeToElement(form));
    }
}
