using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Granary.Core.Messages;

namespace Granary.Core.Users.Records;

/// <summary>The rules that calls about memory records follow before anything else is done with them.</summary>
internal static class MemoryValidator
{
    /// <summary>Characters of a reason.</summary>
    public const int MaxReasonLength = 500;

    /// <summary>Characters of a category.</summary>
    public const int MaxCategoryLength = 128;

    /// <summary>Days that a policy may name: 100 years.</summary>
    private const int MaxDays = 36_500;

    private static readonly DateTimeOffset Earliest = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <exception cref="InvalidRequestException">The request breaks a rule.</exception>
    /// <exception cref="TooLargeException">It holds too much.</exception>
    public static void Validate(RememberRequest request, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        var memories = request.Memories;
        if (memories is null)
            Refuse("memories", "is required");
        if (memories.Count == 0)
            Refuse("memories", "must hold 1 to 100 memories");
        if (memories.Count > MemoryLimits.MaxBatch)
            throw new TooLargeException("memories", "must hold at most 100 memories");

        var bytes = 0L;
        for (var i = 0; i < memories.Count; i++)
        {
            Check(memories[i], $"memories[{i}]", now);
            bytes += TextRules.Bytes(memories[i].Content) + (memories[i].Metadata is { } metadata ? MessageSize.Bytes(metadata) : 0);
        }

        if (bytes > MessageLimits.MaxRequestBytes)
            throw TooMuchTogether();
    }

    public static TooLargeException TooMuchTogether() => new("memories", "must be at most 1048576 bytes (1 MiB) as UTF-8 together");

    /// <exception cref="InvalidRequestException">The change breaks a rule.</exception>
    /// <exception cref="TooLargeException">It holds too much.</exception>
    public static void Validate(MemoryPatch patch, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(patch);
        if (patch.Content is { } content)
            CheckContent(content, "content");
        if (patch.Metadata is { } metadata)
            CheckMetadata(metadata, "metadata");
        if (patch.Category is { } category)
            CheckCategory(category, "category");
        if (patch.Confidence is { } confidence)
            CheckConfidence(confidence, "confidence");
        if (patch.Importance is { } importance)
            CheckImportance(importance, "importance");
        CheckTime(patch.EventTime, "event_time");
        CheckTime(patch.ValidFrom, "valid_from");
        CheckTime(patch.ValidTo, "valid_to");
        CheckExpiry(patch.ExpiresAt, "expires_at", now);
        CheckReason(patch.Reason);
        foreach (var field in patch.Clear)
        {
            if (!Enum.IsDefined(field))
                Refuse("clear", "must be of metadata, category, event_time, valid_from, valid_to, expires_at");
            if (Sets(patch, field))
                Refuse("clear", $"must not name {JsonNamingPolicy.SnakeCaseLower.ConvertName(field.ToString())}, which is given a value");
        }

        if (patch.IfRevision is < 1)
            Refuse("if_revision", "must be 1 or more");
    }

    private static bool Sets(MemoryPatch patch, MemoryField field) => field switch
    {
        MemoryField.Metadata => patch.Metadata is not null,
        MemoryField.Category => patch.Category is not null,
        MemoryField.EventTime => patch.EventTime is not null,
        MemoryField.ValidFrom => patch.ValidFrom is not null,
        MemoryField.ValidTo => patch.ValidTo is not null,
        _ => patch.ExpiresAt is not null,
    };

    /// <exception cref="InvalidRequestException">An edit breaks a rule.</exception>
    /// <exception cref="TooLargeException">They are too many, or one holds too much.</exception>
    public static void Validate(EditRequest request, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        var edits = request.Edits;
        if (edits is null)
            Refuse("edits", "is required");
        if (edits.Count == 0)
            Refuse("edits", "must hold 1 to 1000 edits");
        if (edits.Count > MemoryLimits.MaxEdits)
            throw new TooLargeException("edits", "must hold at most 1000 edits");

        for (var i = 0; i < edits.Count; i++)
        {
            var path = $"edits[{i}]";
            if (edits[i] is not { } edit || edit.Patch is null == edit.Deletion is null)
            {
                Refuse(path, "must hold either patch or deletion");
                return;
            }

            Ids.Require(edit.MemoryId, $"{path}.memory_id");
            try
            {
                if (edit.Patch is { } patch)
                    Validate(patch, now);
                else
                    CheckReason(edit.Deletion!.Reason);
            }
            catch (InvalidRequestException error)
            {
                throw new InvalidRequestException($"{path}.{(edit.Patch is null ? "deletion" : "patch")}.{error.Field}", error.Rule);
            }
            catch (TooLargeException error)
            {
                throw new TooLargeException($"{path}.patch.{error.Field}", error.Rule);
            }
        }
    }

    /// <exception cref="InvalidRequestException">The end is before the begin.</exception>
    public static void CheckValidity(DateTimeOffset? from, DateTimeOffset? to, string field)
    {
        if (to < from)
            Refuse(field, "must not be before valid_from");
    }

    /// <exception cref="InvalidRequestException">The query breaks a rule.</exception>
    public static void Validate(MemoryQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Limit is < 1 or > MemoryLimits.MaxPage)
            Refuse("limit", "must be 1 to 1000");
        if (query.Offset < 0)
            Refuse("offset", "must be 0 or more");
        if (query.Offset > 0 && query.After is not null)
            Refuse("offset", "cannot be given together with after");
        foreach (var state in query.States ?? [])
        {
            if (!Enum.IsDefined(state))
                Refuse("states", "must be of active, expiring, expired, archived, deleted");
        }
    }

    /// <exception cref="InvalidRequestException">The request breaks a rule.</exception>
    public static void Validate(ForgetRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request is { All: false, MaxAgeDays: null, MaxInactiveDays: null, Keep: null, MinRetention: null })
            Refuse("forget", "needs max_age_days, max_inactive_days, keep, min_retention or all");
        if (request.MaxAgeDays is < 1 or > MaxDays)
            Refuse("max_age_days", "must be 1 to 36500");
        if (request.MaxInactiveDays is < 1 or > MaxDays)
            Refuse("max_inactive_days", "must be 1 to 36500");
        if (request.Keep is < 0)
            Refuse("keep", "must be 0 or more");
        if (request.MinRetention is { } least && !(least >= 0 && double.IsFinite(least)))
            Refuse("min_retention", "must be 0 or more");
        CheckReason(request.Reason);
    }

    /// <exception cref="InvalidRequestException">The reason is too long, or no text.</exception>
    public static void CheckReason(string? reason)
    {
        if (reason is not null && (string.IsNullOrWhiteSpace(reason) || reason.Length > MaxReasonLength || !TextRules.IsWellFormed(reason)))
            Refuse("reason", "must be 1 to 500 characters, not only white space");
    }

    private static void Check(MemoryDraft draft, string path, DateTimeOffset now)
    {
        if (draft is null)
            Refuse(path, "is required");
        if (draft.Id is { } id)
        {
            Ids.Require(id, $"{path}.id");
            if (id.StartsWith(RecallHit.TurnPrefix, StringComparison.Ordinal))
                Refuse($"{path}.id", $"must not begin with '{RecallHit.TurnPrefix}': such are the ids of messages");
        }
        if (!Enum.IsDefined(draft.Kind))
            Refuse($"{path}.kind", "must be fact, insight, summary, interaction or profile");
        if (draft.AgentId is { } agent)
            Ids.Require(agent, $"{path}.agent_id");
        if (draft.Scope is { } scope)
            Ids.Require(scope, $"{path}.scope");
        if (draft.Content is null)
            Refuse($"{path}.content", "is required");
        CheckContent(draft.Content, $"{path}.content");
        if (draft.Metadata is { } metadata)
            CheckMetadata(metadata, $"{path}.metadata");
        if (draft.Category is { } category)
            CheckCategory(category, $"{path}.category");
        CheckConfidence(draft.Confidence, $"{path}.confidence");
        CheckImportance(draft.Importance, $"{path}.importance");
        CheckTime(draft.EventTime, $"{path}.event_time");
        CheckTime(draft.ValidFrom, $"{path}.valid_from");
        CheckTime(draft.ValidTo, $"{path}.valid_to");
        CheckValidity(draft.ValidFrom, draft.ValidTo, $"{path}.valid_to");
        CheckExpiry(draft.ExpiresAt, $"{path}.expires_at", now);
        CheckTime(draft.CreatedAt, $"{path}.created_at");

        // A day, for clocks that go ahead.
        if (draft.CreatedAt > now.AddDays(1))
            Refuse($"{path}.created_at", "must not lie in the future");
        CheckSources(draft.Sources, path);
    }

    private static void CheckSources(IReadOnlyList<MemorySource> sources, string path)
    {
        if (sources is null)
            Refuse($"{path}.sources", "must not be null; leave it out where there is none");
        if (sources.Count > MemoryLimits.MaxSources)
            Refuse($"{path}.sources", "must hold at most 20 sources");
        for (var i = 0; i < sources.Count; i++)
        {
            var field = $"{path}.sources[{i}]";
            if (sources[i] is not { } source)
            {
                Refuse(field, "is required");
                return;
            }

            Ids.Require(source.SessionId, $"{field}.session_id");
            if (source.FirstSequence is < 1)
                Refuse($"{field}.first_sequence", "must be 1 or more");
            if (source.LastSequence is not null && (source.FirstSequence is null || source.LastSequence < source.FirstSequence))
                Refuse($"{field}.last_sequence", "must not be before first_sequence");
        }
    }

    private static void CheckContent(string content, string field)
    {
        if (string.IsNullOrWhiteSpace(content))
            Refuse(field, "must not be empty or only white space");
        if (!TextRules.IsWellFormed(content))
            Refuse(field, "holds half of a surrogate pair: it is not valid Unicode");
        if (TextRules.Bytes(content) > MemoryLimits.MaxContentBytes)
            throw new TooLargeException(field, "must be at most 65536 bytes (64 KiB) as UTF-8");
    }

    private static void CheckMetadata(JsonElement metadata, string field)
    {
        if (metadata.ValueKind != JsonValueKind.Object)
            Refuse(field, "must be a JSON object");
        if (MessageSize.Bytes(metadata) > MessageLimits.MaxMetadataBytes)
            throw new TooLargeException(field, "must be at most 16384 bytes (16 KiB) as UTF-8 JSON");
        if (JsonRules.WhyRefused(metadata) is { } rule)
            Refuse(field, rule);
    }

    private static void CheckCategory(string category, string field)
    {
        if (!TextRules.IsName(category, MaxCategoryLength) || string.IsNullOrWhiteSpace(category))
            Refuse(field, "must be 1 to 128 characters, none of them a control character");
    }

    private static void CheckConfidence(double confidence, string field)
    {
        if (!(confidence is >= 0 and <= 1))
            Refuse(field, "must be 0 to 1");
    }

    private static void CheckImportance(MemoryImportance importance, string field)
    {
        if (!Enum.IsDefined(importance))
            Refuse(field, "must be low, medium or high");
    }

    private static void CheckTime(DateTimeOffset? time, string field)
    {
        if (time < Earliest || time >= Latest)
            Refuse(field, "must lie in the years 1900 to 2199");
    }

    private static void CheckExpiry(DateTimeOffset? expiresAt, string field, DateTimeOffset now)
    {
        if (expiresAt is not { } time)
            return;
        if (time <= now)
            Refuse(field, "must lie in the future");
        if (time > now.AddHours(MemoryLimits.MaxTtlHours))
            Refuse(field, "must be at most 8760 hours away");
    }

    [DoesNotReturn]
    private static void Refuse(string field, string rule) => throw new InvalidRequestException(field, rule);
}
