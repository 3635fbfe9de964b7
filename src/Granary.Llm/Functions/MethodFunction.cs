using System.Collections;
using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Llm.Functions;

/// <summary>A .NET method as a function.</summary>
internal sealed class MethodFunction : AgentFunction
{
    private readonly object? target;
    private readonly MethodInvoker invoker;
    private readonly Binding[] bindings;
    private readonly Func<object?, ValueTask<object?>> awaitResult;
    private readonly IServiceProvider? services;

    private MethodFunction(
        string name,
        string description,
        JsonElement parameters,
        object? target,
        MethodInfo method,
        Binding[] bindings,
        IServiceProvider? services)
        : base(name, description, parameters)
    {
        this.target = target;
        this.bindings = bindings;
        this.services = services;
        invoker = MethodInvoker.Create(method);
        awaitResult = MethodResults.For(method.ReturnType);
    }

    private enum Source
    {
        /// <summary>The model's arguments.</summary>
        Argument,

        /// <summary>The parameter's own default: its type says nothing that a model could be told.</summary>
        Default,

        Cancellation,

        Scope,

        Context,

        ServiceProvider,

        Service,
    }

    /// <summary>A function of a delegate.</summary>
    /// <exception cref="ArgumentException">Name or parameters cannot be given to a model.</exception>
    public static MethodFunction Of(Delegate function, string? name, string? description, IServiceProvider? services)
    {
        // Called through the delegate's own Invoke: right for closures, static methods and extension methods with a bound receiver.
        var invoke = function.GetType().GetMethod("Invoke")!;
        var parameters = function.Method.GetParameters();
        var taken = invoke.GetParameters().Length;
        return Create(function.Method, parameters[(parameters.Length - taken)..], invoke, function, name, description, services);
    }

    /// <summary>A function of a method.</summary>
    /// <exception cref="ArgumentException">Name or parameters cannot be given to a model.</exception>
    public static MethodFunction Of(MethodInfo method, object? target, string? name, string? description, IServiceProvider? services) =>
        Create(method, method.GetParameters(), method, target, name, description, services);

    private protected override async ValueTask<string> InvokeCoreAsync(JsonElement arguments, FunctionScope scope, CancellationToken cancellationToken)
    {
        var values = Bind(arguments, scope, cancellationToken);
        object? result;
        try
        {
            result = invoker.Invoke(target, values.AsSpan());
        }
        catch (TargetInvocationException failure) when (failure.InnerException is { } cause)
        {
            throw new FunctionException(cause.Message, cause);
        }

        return MethodResults.ToText(await awaitResult(result).ConfigureAwait(false));
    }

    private static MethodFunction Create(
        MethodInfo described,
        ParameterInfo[] parameters,
        MethodInfo method,
        object? target,
        string? name,
        string? description,
        IServiceProvider? services)
    {
        name ??= NameOf(described);
        var properties = new JsonObject();
        var required = new List<string>();
        var bindings = new Binding[parameters.Length];
        var nullability = new NullabilityInfoContext();
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = parameters[i];
            var source = SourceOf(parameter, name, services);
            var nullable = Nullable.GetUnderlyingType(parameter.ParameterType) is not null
                || (!parameter.ParameterType.IsValueType && nullability.Create(parameter).WriteState != NullabilityState.NotNull);
            bindings[i] = new Binding(parameter.Name ?? $"arg{i}", parameter.ParameterType, source, nullable, parameter.HasDefaultValue, DefaultOf(parameter));
            if (source != Source.Argument)
            {
                continue;
            }

            properties[bindings[i].Name] = SchemaOf(parameter, bindings[i]);
            if (!parameter.HasDefaultValue)
            {
                required.Add(bindings[i].Name);
            }
        }

        return new MethodFunction(
            name, description ?? FunctionSchema.Describe(described) ?? "", FunctionSchema.Object(properties, required), target, method, bindings, services);
    }

    private static string NameOf(MethodInfo method)
    {
        if (method.GetCustomAttribute<DisplayNameAttribute>() is { DisplayName.Length: > 0 } named)
        {
            return named.DisplayName;
        }

        const string suffix = "Async";
        if (method.Name.Contains('<'))
        {
            throw new ArgumentException("A lambda has no name of its own: give one.", nameof(method));
        }

        return method.Name.Length > suffix.Length && method.Name.EndsWith(suffix, StringComparison.Ordinal) ? method.Name[..^suffix.Length] : method.Name;
    }

    private static Source SourceOf(ParameterInfo parameter, string name, IServiceProvider? services)
    {
        var type = parameter.ParameterType;
        if (type.IsByRef || type.IsPointer || type.IsByRefLike || type.ContainsGenericParameters)
        {
            throw new ArgumentException($"The function '{name}' cannot be called by a model: its parameter '{parameter.Name}' is no plain value.", nameof(parameter));
        }

        if (type == typeof(CancellationToken))
        {
            return Source.Cancellation;
        }

        if (type == typeof(FunctionScope))
        {
            return Source.Scope;
        }

        if (type == typeof(Agents.CallingContext))
        {
            return Source.Context;
        }

        if (type == typeof(IServiceProvider))
        {
            return Source.ServiceProvider;
        }

        if (type == typeof(object))
        {
            return Source.Default;
        }

        // A container says of every IEnumerable that it is a service; to a function it is a list.
        if (!typeof(IEnumerable).IsAssignableFrom(type))
        {
            if (services?.GetService<IServiceProviderIsService>()?.IsService(type) == true)
            {
                return Source.Service;
            }

            if (type.IsInterface || typeof(Delegate).IsAssignableFrom(type))
            {
                throw new ArgumentException(
                    $"The function '{name}' cannot be called by a model: its parameter '{parameter.Name}' is a {type.Name}, which is neither JSON nor a known service.",
                    nameof(parameter));
            }
        }

        return Source.Argument;
    }

    private static object? DefaultOf(ParameterInfo parameter)
    {
        var value = parameter.HasDefaultValue ? parameter.DefaultValue : null;
        if (value is null)
        {
            return parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null;
        }

        // The compiler stores the default of an enum, also of a nullable one, as its number.
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return type.IsEnum && !type.IsInstanceOfType(value) ? Enum.ToObject(type, value) : value;
    }

    private static JsonObject SchemaOf(ParameterInfo parameter, Binding binding)
    {
        var schema = FunctionSchema.Of(parameter.ParameterType, "#/properties/" + binding.Name);
        if (FunctionSchema.Describe(parameter) is { } words)
        {
            schema.Remove("description");
            schema.Insert(0, "description", words);
        }

        if (parameter.HasDefaultValue && binding.Default is { } value)
        {
            schema["default"] = JsonSerializer.SerializeToNode(value, parameter.ParameterType, FunctionJson.Options);
        }

        return schema;
    }

    private object?[] Bind(JsonElement arguments, FunctionScope scope, CancellationToken cancellationToken)
    {
        var given = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in arguments.EnumerateObject())
        {
            given[property.Name] = property.Value;
        }

        var values = new object?[bindings.Length];
        for (var i = 0; i < bindings.Length; i++)
        {
            var binding = bindings[i];
            values[i] = binding.Source switch
            {
                Source.Argument => given.Remove(binding.Name, out var value) ? binding.Read(value) : binding.Missing(),
                Source.Cancellation => cancellationToken,
                Source.Scope => scope,
                Source.Context => scope.Context,
                Source.ServiceProvider => scope.Services ?? services ?? throw new FunctionException("the function's services are not available"),
                Source.Service => (scope.Services ?? services)?.GetService(binding.Type) ?? throw new FunctionException("the function's services are not available"),
                _ => binding.Default,
            };
        }

        if (given.Count > 0)
        {
            var known = string.Join(", ", bindings.Where(static binding => binding.Source == Source.Argument).Select(static binding => binding.Name));
            throw new FunctionException($"there is no argument '{given.Keys.First()}'; the arguments are: {(known.Length == 0 ? "none" : known)}");
        }

        return values;
    }

    private sealed record Binding(string Name, Type Type, Source Source, bool Nullable, bool Optional, object? Default)
    {
        public object? Read(JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.Null && Type != typeof(JsonElement))
            {
                // Some models write null for what they leave out.
                return Optional ? Default : Nullable ? null : throw new FunctionException($"the argument '{Name}' must not be null");
            }

            try
            {
                return value.Deserialize(Type, FunctionJson.Options);
            }
            catch (Exception failure) when (failure is JsonException or NotSupportedException or InvalidOperationException or ArgumentException or FormatException)
            {
                throw new FunctionException($"the argument '{Name}' cannot be read: {failure.Message}", failure);
            }
        }

        public object? Missing() => Optional ? Default : throw new FunctionException($"the argument '{Name}' is missing");
    }
}
