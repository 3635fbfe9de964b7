using System.Text.Json;
using Granary.Core.Messages;
using Granary.Core.Recall.Filtering;

namespace Granary.Providers;

/// <summary>The rules that calls of every provider follow, in the words of the contract; each provider checks them before it does anything else.</summary>
internal static class ProviderRules
{
    /// <summary>Characters of a query.</summary>
    public const int MaxQuery = 8_192;

    private const string FilterField = "filter";

    /// <summary>Checks a memory to keep.</summary>
    /// <exception cref="InvalidRequestException">It breaks a rule.</exception>
    /// <exception cref="TooLargeException">Its text or its metadata are too large.</exception>
    public static void Check(UserKey user, ProviderDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        user.Validated();
        if (draft.Id is { } id)
        {
            Ids.Require(id, "id");
        }

        if (draft.AgentId is { } agent)
        {
            Ids.Require(agent, "agent_id");
        }

        CheckContent(draft.Content);
        if (draft.Metadata is { } metadata)
        {
            CheckMetadata(metadata);
        }
    }

    /// <summary>Checks a query and makes its filter ready.</summary>
    /// <exception cref="InvalidRequestException">It breaks a rule.</exception>
    public static MemoryFilterEvaluator Check(UserKey user, ProviderQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        user.Validated();
        if (string.IsNullOrWhiteSpace(query.Query) || query.Query.Length > MaxQuery)
        {
            throw new InvalidRequestException("query", $"must have 1 to {MaxQuery} characters, not only white space");
        }

        if (!TextRules.IsWellFormed(query.Query))
        {
            throw new InvalidRequestException("query", "holds half of a surrogate pair: it is not valid Unicode");
        }

        if (query.Limit is < 1 or > MemoryLimits.MaxRecall)
        {
            throw new InvalidRequestException("limit", $"must be a whole number from 1 to {MemoryLimits.MaxRecall}");
        }

        return MemoryFilterEvaluator.Compile(query.Filter, FilterField);
    }

    /// <summary>Checks the id of a memory that a call names.</summary>
    /// <exception cref="InvalidRequestException">It is none.</exception>
    public static void Check(UserKey user, string id)
    {
        user.Validated();
        Ids.Require(id, "memory_id");
    }

    /// <summary>Checks which page of a list is asked for.</summary>
    /// <exception cref="InvalidRequestException">There is no such page.</exception>
    public static void Check(UserKey user, int limit, int offset)
    {
        user.Validated();
        if (limit is < 1 or > MemoryLimits.MaxPage)
        {
            throw new InvalidRequestException("limit", $"must be a whole number from 1 to {MemoryLimits.MaxPage}");
        }

        if (offset < 0)
        {
            throw new InvalidRequestException("offset", "must be 0 or more");
        }
    }

    /// <summary>Refuses the parts of a filter that a provider cannot apply because its memories have no such thing.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="filter">The filter.</param>
    /// <exception cref="InvalidRequestException">It has one; the part is named.</exception>
    public static void RefuseRecordFilters(string provider, MemoryFilter filter)
    {
        Refuse(filter.Kinds is { Count: > 0 }, "kinds");
        Refuse(filter.Categories is { Count: > 0 }, "categories");
        Refuse(filter.SessionId is not null, "session_id");
        Refuse(filter.Role is not null, "role");

        void Refuse(bool given, string part)
        {
            if (given)
            {
                throw CannotFilter(provider, part);
            }
        }
    }

    /// <summary>The error of a part of a filter that a provider cannot apply.</summary>
    public static InvalidRequestException CannotFilter(string provider, string part) =>
        new($"{FilterField}.{part}", $"cannot be applied by the memory provider '{provider}'");

    /// <summary>Whether an error, of a query that follows the rules, is one of a part of a filter that the provider cannot apply.</summary>
    public static bool IsCannotFilter(MemoryException error) =>
        error is InvalidRequestException { Field: var field } && field.StartsWith(FilterField, StringComparison.Ordinal);

    private static void CheckContent(string? content)
    {
        if (content is null)
        {
            throw new InvalidRequestException("content", "is required");
        }

        if (string.IsNullOrWhiteSpace(content))
        {
            throw new InvalidRequestException("content", "must not be empty or only white space");
        }

        if (!TextRules.IsWellFormed(content))
        {
            throw new InvalidRequestException("content", "holds half of a surrogate pair: it is not valid Unicode");
        }

        if (TextRules.Bytes(content) > MemoryLimits.MaxContentBytes)
        {
            throw new TooLargeException("content", $"must be at most {MemoryLimits.MaxContentBytes} bytes (64 KiB) as UTF-8");
        }
    }

    private static void CheckMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException("metadata", "must be a JSON object");
        }

        if (MessageSize.Bytes(metadata) > MessageLimits.MaxMetadataBytes)
        {
            throw new TooLargeException("metadata", $"must be at most {MessageLimits.MaxMetadataBytes} bytes (16 KiB) as UTF-8 JSON");
        }

        if (JsonRules.WhyRefused(metadata) is { } rule)
        {
            throw new InvalidRequestException("metadata", rule);
        }
    }
}
