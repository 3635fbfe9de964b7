using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Persistence.Cosmos;
using Orleans.Runtime;

namespace Granary.Orleans.Cosmos;

/// <summary>
/// Gives each memory partition a logical partition of its own, so that no user's or session's load meets another's. A grain key
/// <c>{partition}#{record}</c> becomes the partition key <c>{partition}</c> and the document id <c>{service}!{grain type}!{state}!{record}</c>;
/// a key without <c>#</c> is all partition.
/// </summary>
/// <remarks>
/// The default puts all states of one name into one logical partition, which ends at 20 GB and 10,000 request units a second.
/// In a document id letters, digits and <c>- . : = @ _ +</c> stand for themselves, every other byte of UTF-8 is <c>~</c> and two hex digits:
/// that leaves out what Cosmos forbids (<c>/ \ ? #</c>). A record's part that would be too long becomes <c>~h</c> and its SHA-256.
/// </remarks>
public sealed class PartitionDocumentIds(IOptions<ClusterOptions> cluster) : IDocumentIdProvider
{
    // Cosmos allows 1,023 bytes; ids this short work with every tool and leave the index small.
    private const int MaxIdLength = 255;

    private readonly string _service = Escape(cluster.Value.ServiceId);

    /// <inheritdoc/>
    public ValueTask<(string DocumentId, string PartitionKey)> GetDocumentIdentifiers(string grainType, GrainId grainId)
    {
        var key = grainId.Key.ToString() ?? "";
        var split = key.IndexOf('#', StringComparison.Ordinal);
        var (partition, record) = split < 0 ? (key, "") : (key[..split], key[(split + 1)..]);
        var prefix = $"{_service}!{Escape(grainId.Type.ToString() ?? "")}!{Escape(grainType)}!";
        var name = Escape(record);
        if (prefix.Length + name.Length > MaxIdLength)
        {
            // No escape begins with this letter: a hash never equals a name.
            name = $"~h{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(record)))}";
        }

        return new((prefix + name, partition));
    }

    internal static string Escape(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var unit in Encoding.UTF8.GetBytes(text))
        {
            var letter = (char)unit;
            _ = char.IsAsciiLetterOrDigit(letter) || "-.:=@_+".Contains(letter, StringComparison.Ordinal)
                ? result.Append(letter)
                : result.Append('~').Append(unit.ToString("X2", CultureInfo.InvariantCulture));
        }

        return result.ToString();
    }
}
