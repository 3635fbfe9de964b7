using System.Buffers.Binary;
using System.Text;
using Granary.Core.Storage;

namespace Granary.Core.Users.Records;

/// <summary>
/// The writes of a change that is too large for one commit: this document is committed first, then the writes, the last with this document's
/// removal. Who loads the user in between makes the writes again, so all of the change happens or none.
/// </summary>
internal static class RedoDocument
{
    private const byte Version = 1;
    private const int HeadBytes = 5;

    /// <summary>Bytes of a write but for its id and body.</summary>
    private const int FrameBytes = 7;

    /// <summary>Bytes of the document.</summary>
    public static long Size(IReadOnlyList<DocumentWrite> writes) => HeadBytes + writes.Sum(w => (long)FrameBytes + w.Id.Length + w.Body.Length);

    public static byte[] Encode(IReadOnlyList<DocumentWrite> writes)
    {
        var body = new byte[Size(writes)];
        body[0] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(1), writes.Count);
        var rest = body.AsSpan(HeadBytes);
        foreach (var write in writes)
        {
            rest[0] = (byte)write.Kind;
            BinaryPrimitives.WriteUInt16LittleEndian(rest[1..], (ushort)write.Id.Length);
            BinaryPrimitives.WriteInt32LittleEndian(rest[3..], write.Body.Length);
            rest = rest[FrameBytes..];
            Encoding.ASCII.GetBytes(write.Id, rest);
            write.Body.Span.CopyTo(rest[write.Id.Length..]);
            rest = rest[(write.Id.Length + write.Body.Length)..];
        }

        return body;
    }

    /// <exception cref="InvalidDataException">The document is of a newer schema, or damaged.</exception>
    public static IReadOnlyList<DocumentWrite> Decode(ReadOnlyMemory<byte> body)
    {
        if (body.Length < HeadBytes || body.Span[0] != Version)
        {
            throw new InvalidDataException("The list of writes is of a newer schema, or damaged. Use a newer release.");
        }

        var writes = new DocumentWrite[BinaryPrimitives.ReadInt32LittleEndian(body.Span[1..])];
        var rest = body[HeadBytes..];
        for (var i = 0; i < writes.Length; i++)
        {
            var kind = (WriteKind)rest.Span[0];
            var idLength = BinaryPrimitives.ReadUInt16LittleEndian(rest.Span[1..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span[3..]);
            var id = Encoding.ASCII.GetString(rest.Span.Slice(FrameBytes, idLength));
            writes[i] = new DocumentWrite(kind, id, rest.Slice(FrameBytes + idLength, length));
            rest = rest[(FrameBytes + idLength + length)..];
        }

        return writes;
    }

    /// <summary>The commits that carry the writes out: each within the limits, the last of them removes the document.</summary>
    /// <param name="id">The document's id.</param>
    /// <param name="writes">The writes.</param>
    public static IEnumerable<List<DocumentWrite>> Steps(string id, IReadOnlyList<DocumentWrite> writes)
    {
        var step = new List<DocumentWrite>();
        var bytes = 0;
        foreach (var write in writes)
        {
            // Room is left for the removal.
            if (step.Count > 0 && (step.Count + 1 == StorageLimits.MaxDocumentsPerCommit || bytes + write.Id.Length + write.Body.Length + id.Length > StorageLimits.MaxBytesPerCommit))
            {
                yield return step;
                (step, bytes) = ([], 0);
            }

            step.Add(write);
            bytes += write.Id.Length + write.Body.Length;
        }

        step.Add(DocumentWrite.Delete(id));
        yield return step;
    }
}
