using System.Globalization;
using System.Security.Cryptography;
using Granary.Core.Recall.Filtering;
using Granary.Core.Storage;

namespace Granary.Core.Users.Records;

/// <summary>What can be done with records: each decides on what is ahead, and adds to a plan.</summary>
internal static class RecordChanges
{
    /// <summary>Stores what a draft says unless it is known.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="prepared">The draft.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <returns>What became of it: added; updated where it is known and only a source is new; or nothing. Null if a document is missing.</returns>
    /// <exception cref="ConflictException">The draft's id is taken by another text, or by a deleted memory.</exception>
    public static MemoryOutcome? Remember(this RecordPlan plan, PreparedDraft prepared, string? reason)
    {
        var draft = prepared.Draft;
        var known = draft.Id;
        if (known is not null)
        {
            if (!plan.TryFind(known, out var taken))
            {
                return null;
            }

            if (taken is null)
            {
                known = null;
            }
            else if (taken.Key != prepared.Key)
            {
                throw new ConflictException(ErrorCodes.AlreadyExists, $"{prepared.Field}.id: '{known}' is the id of another memory.");
            }
            else if (taken.Record.State == MemoryState.Deleted)
            {
                throw new ConflictException(ErrorCodes.AlreadyExists, $"{prepared.Field}.id: '{known}' is the id of a deleted memory; restore it, or delete it for good (purge).");
            }
        }

        known ??= plan.FindEqual(prepared.Key);
        if (known is null)
        {
            return new MemoryOutcome(MemoryEvent.Add, plan.Store(prepared, reason).At(plan.Now));
        }

        if (!plan.TryFind(known, out var document))
        {
            return null;
        }

        if (prepared.Origin == MemoryOrigin.Told)
        {
            document = plan.Own(document!);
        }

        return plan.AddSources(document!, draft.Sources, reason) is { } updated
            ? new MemoryOutcome(MemoryEvent.Update, updated.At(plan.Now))
            : new MemoryOutcome(MemoryEvent.None, document!.At(plan.Now));
    }

    /// <summary>Changes a record.</summary>
    /// <exception cref="NotFoundException">It is deleted.</exception>
    /// <exception cref="PreconditionFailedException">It has another revision than the patch wants.</exception>
    /// <exception cref="InvalidRequestException">What it would be breaks a rule.</exception>
    /// <exception cref="ConflictException">Another active record says what it would say.</exception>
    public static RecordDocument Update(this RecordPlan plan, RecordDocument document, PreparedPatch prepared, string? session = null)
    {
        var (patch, record) = (prepared.Patch, document.Record);
        if (record.State == MemoryState.Deleted)
        {
            throw new NotFoundException($"The memory '{record.Id}' is deleted; restore it first.");
        }

        if (patch.IfRevision is { } revision && revision != record.Revision)
        {
            throw Changed(record);
        }

        var next = record with
        {
            Content = patch.Content ?? record.Content,
            Metadata = patch.Metadata ?? record.Metadata,
            Category = patch.Category ?? record.Category,
            Confidence = patch.Confidence ?? record.Confidence,
            Importance = patch.Importance ?? record.Importance,
            Pinned = patch.Pinned ?? record.Pinned,
            EventTime = patch.EventTime ?? record.EventTime,
            ValidFrom = patch.ValidFrom ?? record.ValidFrom,
            ValidTo = patch.ValidTo ?? record.ValidTo,
            ExpiresAt = patch.ExpiresAt ?? record.ExpiresAt,
            Origin = patch.Content is not null && patch.Content != record.Content ? MemoryOrigin.Told
                : record.Origin == MemoryOrigin.Repeated ? MemoryOrigin.Learned
                : record.Origin,
        };
        next = patch.Clear.Aggregate(next, Without);
        MemoryValidator.CheckValidity(next.ValidFrom, next.ValidTo, patch.ValidTo is null ? "valid_from" : "valid_to");
        if (IsSame(record, next))
        {
            return patch.Content is null ? document : plan.Own(document);
        }

        if (record.State == MemoryState.Expired && !(next.ExpiresAt <= plan.Now))
        {
            next = next with { State = MemoryState.Active };
        }

        var key = prepared.Text is null ? document.Key : ContentKey.OfNormal(next.Kind, next.AgentId, prepared.Text, next.Scope);
        if (MemoryStates.At(next.State, next.ExpiresAt?.UtcTicks ?? 0, plan.Now).IsActive())
        {
            RefuseSecond(plan, key, record.Id);
        }

        return plan.Change(document, next, MemoryEvent.Update, patch.Reason, session, key);
    }

    /// <summary>The refusal of who wants another revision of a record.</summary>
    public static PreconditionFailedException Changed(MemoryRecord record) => new(string.Create(CultureInfo.InvariantCulture, $"\"{record.Revision}\""));

    /// <summary>Deletes a record, so that it can be restored; a deleted one stays as it is.</summary>
    public static RecordDocument Delete(this RecordPlan plan, RecordDocument document, string? reason, string? session = null) =>
        document.Record.State == MemoryState.Deleted
            ? document
            : plan.Change(document, document.Record with { State = MemoryState.Deleted, DeletedAt = plan.Now }, MemoryEvent.Delete, reason, session);

    /// <summary>Puts a record aside.</summary>
    public static RecordDocument Archive(this RecordPlan plan, RecordDocument document, string? reason) =>
        plan.Change(document, document.Record with { State = MemoryState.Archived, ArchivedAt = plan.Now }, MemoryEvent.Archive, reason);

    /// <summary>Notes that a record's time is over.</summary>
    public static RecordDocument Expire(this RecordPlan plan, RecordDocument document) =>
        plan.Change(document, document.Record with { State = MemoryState.Expired }, MemoryEvent.Expire, "Its time was over.");

    /// <summary>Makes a record active again; an active one stays as it is.</summary>
    /// <exception cref="ConflictException">Another active record says the same.</exception>
    public static RecordDocument Restore(this RecordPlan plan, RecordDocument document, string? reason)
    {
        if (document.StateAt(plan.Now).IsActive())
        {
            return document;
        }

        RefuseSecond(plan, document.Key, document.Id);
        var record = document.Record;
        var restored = record with
        {
            State = MemoryState.Active,
            ArchivedAt = null,
            DeletedAt = null,
            ExpiresAt = record.ExpiresAt <= plan.Now ? null : record.ExpiresAt,
        };
        return plan.Change(document, restored, MemoryEvent.Restore, reason);
    }

    /// <summary>Notes that a caller says what was only learned; what it says stays as it is.</summary>
    private static RecordDocument Own(this RecordPlan plan, RecordDocument document)
    {
        return document.Record.Origin == MemoryOrigin.Told
            ? document
            : plan.Change(document, document.Record with { Origin = MemoryOrigin.Told }, MemoryEvent.Update, "A caller says it too.");
    }

    /// <summary>Adds the sources that a record does not have yet; null if there are none.</summary>
    public static RecordDocument? AddSources(this RecordPlan plan, RecordDocument document, IReadOnlyList<MemorySource> sources, string? reason)
    {
        var fresh = sources.Except(document.Record.Sources).ToList();
        if (fresh.Count == 0 || document.Record.State == MemoryState.Deleted)
        {
            return null;
        }

        var joined = plan.Joined(ref document, fresh);
        return plan.Change(document, document.Record with { Sources = joined }, MemoryEvent.Update, reason ?? "It was said again.", fresh[^1].SessionId);
    }

    /// <summary>A record's sources with others, as many as it keeps; that some dropped out is noted, so that what they said can still be found.</summary>
    public static IReadOnlyList<MemorySource> Joined(this RecordPlan plan, ref RecordDocument document, IReadOnlyList<MemorySource> added)
    {
        var all = document.Record.Sources.Concat(added).Distinct().ToList();
        if (all.Count <= MemoryLimits.MaxSources)
        {
            return all;
        }

        if (!document.Crowded)
        {
            plan.Also(DocumentWrite.Put(RecordDocumentIds.Crowded(document.Id), Array.Empty<byte>()));
            document = document with { Crowded = true };
        }

        return all[^MemoryLimits.MaxSources..];
    }

    private static RecordDocument Store(this RecordPlan plan, PreparedDraft prepared, string? reason)
    {
        var draft = prepared.Draft;
        var number = plan.NextRecord();
        var record = new MemoryRecord
        {
            Id = draft.Id ?? RecordIds.Make(number, (uint)RandomNumberGenerator.GetInt32(int.MaxValue)),
            Kind = draft.Kind,
            AgentId = prepared.Agent,
            Scope = draft.Scope,
            Content = draft.Content,
            Metadata = draft.Metadata,
            Category = draft.Category,
            Label = draft.Kind == MemoryKind.Insight ? string.Create(CultureInfo.InvariantCulture, $"INS-{plan.NextInsight():d4}") : null,
            Confidence = draft.Confidence,
            Importance = draft.Importance,
            Pinned = draft.Pinned,
            Origin = prepared.Origin,
            CreatedAt = draft.CreatedAt ?? plan.Now,
            UpdatedAt = plan.Now,
            EventTime = draft.EventTime,
            ValidFrom = draft.ValidFrom,
            ValidTo = draft.ValidTo,
            ExpiresAt = draft.ExpiresAt,
            Sources = [.. draft.Sources.Distinct()],
        };
        var document = RecordDocument.New(number, record, prepared.Key, plan.Now, reason);
        plan.Add(document);
        return document;
    }

    private static MemoryRecord Without(MemoryRecord record, MemoryField field) => field switch
    {
        MemoryField.Metadata => record with { Metadata = null },
        MemoryField.Category => record with { Category = null },
        MemoryField.EventTime => record with { EventTime = null },
        MemoryField.ValidFrom => record with { ValidFrom = null },
        MemoryField.ValidTo => record with { ValidTo = null },
        _ => record with { ExpiresAt = null },
    };

    private static void RefuseSecond(RecordPlan plan, UInt128 key, string id)
    {
        if (plan.FindEqual(key) is { } other && other != id)
        {
            throw new ConflictException(ErrorCodes.AlreadyExists, $"The memory '{other}' says the same.");
        }
    }

    private static bool IsSame(MemoryRecord a, MemoryRecord b) =>
        a.Content == b.Content && a.Category == b.Category && a.Confidence.Equals(b.Confidence) && a.Importance == b.Importance && a.Pinned == b.Pinned
        && a.EventTime == b.EventTime && a.ValidFrom == b.ValidFrom && a.ValidTo == b.ValidTo && a.ExpiresAt == b.ExpiresAt
        && (a.Metadata is { } left ? b.Metadata is { } right && MetadataValues.AreEqual(left, right) : b.Metadata is null);
}
