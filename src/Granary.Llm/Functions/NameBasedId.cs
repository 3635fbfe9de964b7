using System.Security.Cryptography;
using System.Text;

namespace Granary.Llm.Functions;

/// <summary>Ids that follow from a name: UUID version 3 (RFC 9562, section 5.3) in the namespace of object identifiers.</summary>
internal static class NameBasedId
{
    private static readonly byte[] ObjectIdentifiers = new Guid("6ba7b812-9dad-11d1-80b4-00c04fd430c8").ToByteArray(bigEndian: true);

    /// <summary>The id of a name.</summary>
    public static Guid Create(string name)
    {
        // MD5 because version 3 is defined so; nothing depends on its strength.
        var hash = MD5.HashData([.. ObjectIdentifiers, .. Encoding.UTF8.GetBytes(name)]);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x30);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }
}
