using System.Text.Json;
using Granary.Core.Messages;

namespace Granary.Core.Recall.Filtering;

/// <summary>A condition on metadata; see <see cref="MemoryFilter.Metadata"/> for the language.</summary>
internal abstract class MetadataCondition
{
    /// <summary>Bytes of a condition.</summary>
    private const int MaxBytes = MessageLimits.MaxMetadataBytes;

    private static readonly string[] Operators = ["eq", "ne", "in", "nin", "gt", "gte", "lt", "lte", "contains", "icontains", "exists"];

    /// <summary>Whether metadata meet the condition.</summary>
    /// <param name="metadata">The metadata; undefined where there are none.</param>
    public abstract bool Holds(JsonElement metadata);

    /// <summary>Reads a condition.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="field">Its name in errors.</param>
    /// <exception cref="InvalidRequestException">It is none.</exception>
    public static MetadataCondition Compile(JsonElement condition, string field)
    {
        if (condition.ValueKind == JsonValueKind.Object && MessageSize.Bytes(condition) > MaxBytes)
        {
            throw new InvalidRequestException(field, "must be at most 16384 bytes (16 KiB) as UTF-8 JSON");
        }

        if (condition.ValueKind == JsonValueKind.Object && JsonRules.WhyRefused(condition) is { } rule)
        {
            throw new InvalidRequestException(field, rule);
        }

        return All(condition.Clone(), field);
    }

    private static MetadataCondition All(JsonElement condition, string field)
    {
        if (condition.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException(field, "must be a JSON object");
        }

        var members = new List<MetadataCondition>();
        foreach (var member in condition.EnumerateObject())
        {
            var path = $"{field}.{member.Name}";
            switch (member.Name)
            {
                case "AND":
                    members.Add(new AllOf(Conditions(member.Value, path)));
                    break;
                case "OR":
                    members.Add(new AnyOf(Conditions(member.Value, path)));
                    break;
                case "NOT":
                    members.Add(new NoneOf(member.Value.ValueKind == JsonValueKind.Array ? Conditions(member.Value, path) : [All(member.Value, path)]));
                    break;
                default:
                    Add(members, member.Name, member.Value, path);
                    break;
            }
        }

        return members.Count == 1 ? members[0] : new AllOf([.. members]);
    }

    private static void Add(List<MetadataCondition> members, string name, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            var any = value.ValueKind == JsonValueKind.String && value.ValueEquals("*");
            members.Add(any ? new Comparison(name, "exists", JsonElement.Parse("true")) : new Comparison(name, "eq", value));
            return;
        }

        var count = 0;
        foreach (var part in value.EnumerateObject())
        {
            count++;
            Check(part.Name, part.Value, $"{path}.{part.Name}");
            members.Add(new Comparison(name, part.Name, part.Value));
        }

        if (count == 0)
        {
            throw new InvalidRequestException(path, $"must hold an operator: one of {string.Join(", ", Operators)}");
        }
    }

    private static void Check(string name, JsonElement value, string path)
    {
        var kind = value.ValueKind;
        switch (name)
        {
            case "eq" or "ne":
                return;
            case "in" or "nin":
                Require(kind == JsonValueKind.Array, "must be an array");
                return;
            case "gt" or "gte" or "lt" or "lte":
                Require(kind is JsonValueKind.Number or JsonValueKind.String, "must be a number or a text");
                return;
            case "contains":
                Require(kind is not (JsonValueKind.Object or JsonValueKind.Array), "must be a text, a number, true, false or null");
                return;
            case "icontains":
                Require(kind == JsonValueKind.String, "must be a text");
                return;
            case "exists":
                Require(kind is JsonValueKind.True or JsonValueKind.False, "must be true or false");
                return;
            default:
                throw new InvalidRequestException(path, $"is not an operator; use one of {string.Join(", ", Operators)}");
        }

        void Require(bool holds, string rule)
        {
            if (!holds)
            {
                throw new InvalidRequestException(path, rule);
            }
        }
    }

    private static MetadataCondition[] Conditions(JsonElement list, string field)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
        {
            throw new InvalidRequestException(field, "must be an array of one condition or more");
        }

        return [.. list.EnumerateArray().Select((condition, i) => All(condition, $"{field}[{i}]"))];
    }

    private sealed class AllOf(MetadataCondition[] conditions) : MetadataCondition
    {
        public override bool Holds(JsonElement metadata) => Array.TrueForAll(conditions, c => c.Holds(metadata));
    }

    private sealed class AnyOf(MetadataCondition[] conditions) : MetadataCondition
    {
        public override bool Holds(JsonElement metadata) => Array.Exists(conditions, c => c.Holds(metadata));
    }

    private sealed class NoneOf(MetadataCondition[] conditions) : MetadataCondition
    {
        public override bool Holds(JsonElement metadata) => !Array.Exists(conditions, c => c.Holds(metadata));
    }

    private sealed class Comparison(string name, string comparison, JsonElement operand) : MetadataCondition
    {
        public override bool Holds(JsonElement metadata)
        {
            if (!MetadataValues.TryFind(metadata, name, out var value))
            {
                return comparison is "ne" or "nin" || (comparison == "exists" && operand.ValueKind == JsonValueKind.False);
            }

            return comparison switch
            {
                "eq" => MetadataValues.AreEqual(value, operand),
                "ne" => !MetadataValues.AreEqual(value, operand),
                "in" => IsIn(value),
                "nin" => !IsIn(value),
                "gt" => MetadataValues.Compare(value, operand) > 0,
                "gte" => MetadataValues.Compare(value, operand) >= 0,
                "lt" => MetadataValues.Compare(value, operand) < 0,
                "lte" => MetadataValues.Compare(value, operand) <= 0,
                "contains" => MetadataValues.Contains(value, operand, ignoreCase: false),
                "icontains" => MetadataValues.Contains(value, operand, ignoreCase: true),
                _ => operand.ValueKind == JsonValueKind.True,
            };
        }

        private bool IsIn(JsonElement value)
        {
            foreach (var item in operand.EnumerateArray())
            {
                if (MetadataValues.AreEqual(value, item))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
