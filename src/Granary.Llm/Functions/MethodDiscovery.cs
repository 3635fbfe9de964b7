using System.ComponentModel;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Granary.Llm.Functions;

/// <summary>Finds the methods of a type that are meant for models.</summary>
internal static class MethodDiscovery
{
    /// <summary>
    /// The public methods that the type itself declares, ordered by name. Left out: what overrides a base type's or comes from the compiler (accessors,
    /// operators, a record's own), generic methods, names that begin with <c>_</c>, and what is marked <c>[Browsable(false)]</c>.
    /// </summary>
    /// <param name="type">The type.</param>
    /// <param name="instance">What instance methods are called on; null: only static ones are found.</param>
    /// <param name="services">Where parameters that are services come from.</param>
    /// <exception cref="ArgumentException">A method cannot be called by a model, or two have one name.</exception>
    public static IReadOnlyList<AgentFunction> Of(Type type, object? instance, IServiceProvider? services)
    {
        var flags = BindingFlags.Public | BindingFlags.DeclaredOnly | BindingFlags.Static | (instance is null ? 0 : BindingFlags.Instance);
        var found = new SortedDictionary<string, AgentFunction>(StringComparer.Ordinal);
        foreach (var method in type.GetMethods(flags).Where(IsMeant))
        {
            var function = MethodFunction.Of(method, method.IsStatic ? null : instance, name: null, description: null, services);
            if (!found.TryAdd(function.Name, function))
            {
                throw new ArgumentException($"{type.Name} has two methods for the function name '{function.Name}'; name one by [DisplayName].", nameof(type));
            }
        }

        return [.. found.Values];
    }

    private static bool IsMeant(MethodInfo method) =>
        !method.IsSpecialName
        && !method.IsGenericMethodDefinition
        && method.Name[0] != '_'
        && !method.Name.Contains('<')
        && method.GetBaseDefinition().DeclaringType == method.DeclaringType
        && !method.IsDefined(typeof(CompilerGeneratedAttribute))
        && !IsFramework(method)
        && method.GetCustomAttribute<BrowsableAttribute>()?.Browsable != false;

    private static bool IsFramework(MethodInfo method) =>
        method.Name is nameof(IDisposable.Dispose) or nameof(IAsyncDisposable.DisposeAsync) or nameof(Equals) or nameof(GetHashCode) or nameof(ToString);
}
