using System.Reflection;
using System.Text.Json;

namespace Granary.Llm.Functions;

/// <summary>Waits for what a method returns and writes it as text for a model.</summary>
internal static class MethodResults
{
    private static readonly MethodInfo FromTask = typeof(MethodResults).GetMethod(nameof(AwaitTaskAsync), BindingFlags.Static | BindingFlags.NonPublic)!;
    private static readonly MethodInfo FromValueTask = typeof(MethodResults).GetMethod(nameof(AwaitValueTaskAsync), BindingFlags.Static | BindingFlags.NonPublic)!;

    private static readonly object Nothing = new();

    /// <summary>How to wait for results of a return type.</summary>
    public static Func<object?, ValueTask<object?>> For(Type type)
    {
        if (type == typeof(void))
        {
            return static _ => ValueTask.FromResult<object?>(Nothing);
        }

        if (type == typeof(Task))
        {
            return static async task =>
            {
                await ((Task)task!).ConfigureAwait(false);
                return Nothing;
            };
        }

        if (type == typeof(ValueTask))
        {
            return static async task =>
            {
                await ((ValueTask)task!).ConfigureAwait(false);
                return Nothing;
            };
        }

        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        var waiter = definition == typeof(Task<>) ? FromTask : definition == typeof(ValueTask<>) ? FromValueTask : null;
        return waiter is null
            ? static value => ValueTask.FromResult(value)
            : waiter.MakeGenericMethod(type.GetGenericArguments()).CreateDelegate<Func<object?, ValueTask<object?>>>();
    }

    /// <summary>A result as text: text as it is, everything else as JSON.</summary>
    public static string ToText(object? value) => value switch
    {
        null => "null",
        string text => text,
        _ when ReferenceEquals(value, Nothing) => "Done.",
        _ => JsonSerializer.Serialize(value, value.GetType(), FunctionJson.Options),
    };

    private static async ValueTask<object?> AwaitTaskAsync<T>(object? task) => await ((Task<T>)task!).ConfigureAwait(false);

    private static async ValueTask<object?> AwaitValueTaskAsync<T>(object? task) => await ((ValueTask<T>)task!).ConfigureAwait(false);
}
