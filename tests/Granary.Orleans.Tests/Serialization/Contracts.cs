using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Orleans.Grains;
using Granary.Orleans.Serialization;
using Orleans.Runtime;

namespace Granary.Orleans.Tests.Serialization;

/// <summary>The contracts that pass through the methods of grains, found by reflection, so that a new one cannot be forgotten; and values of them.</summary>
internal static class Contracts
{
    /// <summary>Everything that a call or an answer of a grain can hold, down to the last property.</summary>
    public static IReadOnlyList<Type> All { get; } = Find();

    /// <summary>A value with every property set to something that is not its default.</summary>
    public static object Filled(Type type) => new Filler(empty: false).Make(type)!;

    /// <summary>A value with every property that can be set at its type's default, also where the contract begins with another.</summary>
    public static object Emptied(Type type) => new Filler(empty: true).Make(type)!;

    /// <summary>All that a value holds, as text: two are the same if their texts are.</summary>
    public static string Describe(object? value)
    {
        var text = new StringBuilder();
        Describe(text, value, 0);
        return text.ToString();
    }

    /// <summary>The names of properties that are at their type's default, in the whole tree.</summary>
    public static IEnumerable<string> Defaults(object value)
    {
        if (value is IEnumerable items and not string)
        {
            return items.Cast<object>().SelectMany(Defaults);
        }

        if (value is Enum || !ContractTypes.Contains(value.GetType()))
        {
            return [];
        }

        return value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .SelectMany(property => property.GetValue(value) is { } part && !part.Equals(DefaultOf(property.PropertyType))
                ? Defaults(part)
                : [$"{value.GetType().Name}.{property.Name}"]);
    }

    private static object? DefaultOf(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;

    private static IReadOnlyList<Type> Find()
    {
        var found = new HashSet<Type>();
        var methods = typeof(ISessionGrain).Assembly.GetTypes()
            .Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type))
            .SelectMany(type => type.GetMethods());
        foreach (var method in methods)
        {
            Add(found, method.ReturnType);
            foreach (var parameter in method.GetParameters())
            {
                Add(found, parameter.ParameterType);
            }
        }

        return [.. found.OrderBy(type => type.Name, StringComparer.Ordinal)];
    }

    private static void Add(HashSet<Type> found, Type type)
    {
        foreach (var argument in type.GetGenericArguments())
        {
            Add(found, argument);
        }

        if (type.GetElementType() is { } element)
        {
            Add(found, element);
            return;
        }

        if (!ContractTypes.Contains(type))
        {
            return;
        }

        foreach (var derived in type.GetCustomAttributes<JsonDerivedTypeAttribute>())
        {
            Add(found, derived.DerivedType);
        }

        if (type.IsAbstract || !found.Add(type))
        {
            return;
        }

        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            Add(found, property.PropertyType);
        }
    }

    private static void Describe(StringBuilder text, object? value, int depth)
    {
        depth.ShouldBeLessThan(20);
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case string or Enum or bool:
                text.Append('\'').Append(value).Append('\'');
                break;
            case JsonElement json:
                text.Append(json.GetRawText());
                break;
            case DateTimeOffset time:
                text.Append(time.ToString("O", CultureInfo.InvariantCulture));
                break;
            case double number:
                text.Append(number.ToString("R", CultureInfo.InvariantCulture));
                break;
            case IDictionary map:
                foreach (var key in map.Keys.Cast<string>().Order(StringComparer.Ordinal))
                {
                    text.Append(key).Append('=');
                    Describe(text, map[key], depth + 1);
                }

                break;
            case IEnumerable items:
                text.Append('[');
                foreach (var item in items)
                {
                    Describe(text, item, depth + 1);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                if (!ContractTypes.Contains(value.GetType()))
                {
                    text.Append(string.Create(CultureInfo.InvariantCulture, $"{value}"));
                    break;
                }

                text.Append(value.GetType().Name).Append('{');
                foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
                {
                    text.Append(property.Name).Append(':');
                    Describe(text, property.GetValue(value), depth + 1);
                    text.Append(' ');
                }

                text.Append('}');
                break;
        }
    }

    private sealed class Filler(bool empty)
    {
        private int _count;

        public object? Make(Type type)
        {
            _count++;
            if (type == typeof(JsonElement))
            {
                // No default: an element of nothing is not JSON.
                return JsonDocument.Parse($$"""{ "n" :{{_count}},"deep":[{"text":"ä€😀<&+\u0041\u0000\"\\\/"},null,1.50,1E+2]}""").RootElement;
            }

            if (Nullable.GetUnderlyingType(type) is { } inner)
            {
                return empty ? null : Make(inner);
            }

            if (type.IsArray)
            {
                return MakeList(type.GetElementType()!);
            }

            if (type.IsGenericType && type.IsInterface)
            {
                var arguments = type.GetGenericArguments();
                if (type.GetGenericTypeDefinition() != typeof(IReadOnlyDictionary<,>))
                {
                    return MakeList(arguments[0]);
                }

                var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
                map["Key_One"] = Make(arguments[1]);
                map["key two"] = Make(arguments[1]);
                return map;
            }

            if (ContractTypes.Contains(type) && !type.IsEnum)
            {
                return type.IsAbstract ? Make(type.GetCustomAttributes<JsonDerivedTypeAttribute>().First().DerivedType) : MakeContract(type);
            }

            if (empty)
            {
                return DefaultOf(type);
            }

            return type switch
            {
                _ when type == typeof(string) => $"text {_count} ä€😀\u2028\"\\\n",
                _ when type == typeof(int) => -_count,
                _ when type == typeof(long) => long.MaxValue - _count,
                _ when type == typeof(double) => 0.1 + _count,
                _ when type == typeof(bool) => true,
                _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(12_345_678_901 + _count),
                _ when type == typeof(DateTimeOffset) => new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.FromMinutes(330)).AddTicks(1_234_567 + _count),
                _ when type.IsEnum => Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1),
                _ => throw new NotSupportedException($"A contract holds a {type}: say how to make one."),
            };
        }

        private Array MakeList(Type element)
        {
            var kinds = element.IsAbstract && ContractTypes.Contains(element)
                ? element.GetCustomAttributes<JsonDerivedTypeAttribute>().Select(derived => derived.DerivedType).ToList()
                : [element, element];
            var list = Array.CreateInstance(element, empty ? 0 : kinds.Count);
            for (var i = 0; i < list.Length; i++)
            {
                list.SetValue(Make(kinds[i]), i);
            }

            return list;
        }

        private object MakeContract(Type type)
        {
            var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).FirstOrDefault();
            var made = constructor is null || constructor.GetParameters().Length == 0
                ? Activator.CreateInstance(type)!
                : constructor.Invoke([.. constructor.GetParameters().Select(parameter => Make(parameter.ParameterType))]);
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
            {
                property.SetValue(made, Make(property.PropertyType));
            }

            return made;
        }
    }
}
