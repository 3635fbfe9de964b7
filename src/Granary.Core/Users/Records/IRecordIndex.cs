namespace Granary.Core.Users.Records;

/// <summary>Is told of every record that becomes recallable, changes or ceases to be, under the user's gate, once that is durable.</summary>
internal interface IRecordIndex
{
    /// <summary>Messages of sessions that can be recalled.</summary>
    long IndexedMessages { get; }

    /// <summary>A record is active and is, or now says, what stands here. Not called for mere uses of it.</summary>
    void Upsert(RecordDocument record);

    /// <summary>A record is no longer active: deleted, archived, expired or purged. Also called for one that was never told of.</summary>
    void Remove(string id);
}
