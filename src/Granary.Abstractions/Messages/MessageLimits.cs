namespace Granary;

/// <summary>The sizes that hold for every append, whatever the host.</summary>
public static class MessageLimits
{
    /// <summary>Messages in one append.</summary>
    public const int MaxMessages = 100;

    /// <summary>Bytes of one append's messages as UTF-8 JSON: 1 MiB.</summary>
    public const int MaxRequestBytes = 1_048_576;

    /// <summary>Bytes of one message as UTF-8, all its texts together: 256 KiB.</summary>
    public const int MaxMessageBytes = 262_144;

    /// <summary>Bytes of one message's metadata as UTF-8 JSON: 16 KiB.</summary>
    public const int MaxMetadataBytes = 16_384;

    /// <summary>Characters of an idempotency key, all visible ASCII.</summary>
    public const int MaxIdempotencyKeyLength = 255;

    /// <summary>Messages in one page of the history.</summary>
    public const int MaxPage = 1_000;

    /// <summary>Characters of a message's id, of a speaker's or tool's name, of a tool call's id.</summary>
    public const int MaxNameLength = 256;
}
