using System.Globalization;

namespace Granary.Core.Sessions.Documents;

/// <summary>The ids of a session partition's documents.</summary>
internal static class SessionDocumentIds
{
    /// <summary>The head: status, epoch, resource. At most 4 KiB, rewritten only when it changes.</summary>
    public const string Head = "h";

    /// <summary>Prefix of appends, followed by the first sequence in 20 digits. Never changed.</summary>
    public const string AppendPrefix = "m:";

    /// <summary>Prefix of epochs, followed by the epoch in 20 digits. Never changed.</summary>
    public const string EpochPrefix = "e:";

    /// <summary>Prefix of idempotency records, followed by the key's hash.</summary>
    public const string KeyPrefix = "k:";

    /// <summary>Prefix of outbox entries, followed by their number in 20 digits.</summary>
    public const string OutboxPrefix = "o:";

    public static string Append(long sequence) => Numbered(AppendPrefix, sequence);

    public static string Epoch(long epoch) => Numbered(EpochPrefix, epoch);

    public static string Outbox(long number) => Numbered(OutboxPrefix, number);

    public static string Key(UInt128 hash) => string.Create(null, stackalloc char[64], $"{KeyPrefix}{hash:x32}");

    /// <summary>The number in an id made by one of the methods above.</summary>
    public static long Number(string id) => long.Parse(id.AsSpan(id.IndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Numbered(string prefix, long number) =>
        string.Create(CultureInfo.InvariantCulture, stackalloc char[32], $"{prefix}{number:d20}");
}
