using System.Buffers.Binary;
using System.Text;

namespace Granary.Core.Recall.Vectors;

/// <summary>
/// What both kinds of documents begin with: two letters that tell the kind, the version (1), a zero; then, little-endian as all that
/// follows, dimension (4 bytes), rows (4), CRC-32C of the document without these four bytes (4), bytes of the model's name (4), and
/// the name in UTF-8, filled up with zeros to a multiple of four.
/// </summary>
internal static class VectorHeader
{
    /// <summary>Bytes of a model's name at the most.</summary>
    public const int MaxModelBytes = 1024;

    private const byte Version = 1;
    private const int DimensionAt = 4;
    private const int RowsAt = 8;
    private const int ChecksumAt = 12;
    private const int ModelLengthAt = 16;
    private const int ModelAt = 20;

    // A name that is no UTF-16 would come back as another one.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Bytes of the header.</summary>
    /// <exception cref="ArgumentException">The name is empty, too long or no text.</exception>
    public static int Size(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        var bytes = Utf8.GetByteCount(model);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, MaxModelBytes, nameof(model));
        return SizeOf(bytes);
    }

    /// <summary>Writes all but the checksum.</summary>
    public static void Write(Span<byte> document, ReadOnlySpan<byte> kind, string model, int dimension, int rows)
    {
        kind.CopyTo(document);
        document[2] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(document[DimensionAt..], dimension);
        BinaryPrimitives.WriteInt32LittleEndian(document[RowsAt..], rows);
        BinaryPrimitives.WriteInt32LittleEndian(document[ModelLengthAt..], Utf8.GetBytes(model, document[ModelAt..]));
    }

    /// <summary>Writes the checksum of a document that is complete otherwise.</summary>
    public static void Seal(Span<byte> document) => BinaryPrimitives.WriteUInt32LittleEndian(document[ChecksumAt..], ChecksumOf(document));

    /// <summary>Reads and checks the header, and the document's size and checksum.</summary>
    /// <param name="document">The document.</param>
    /// <param name="kind">Its two letters.</param>
    /// <param name="rowBytes">Bytes that follow the header, of a dimension and a number of rows.</param>
    /// <exception cref="InvalidDataException">It is no such document, of another version, cut or damaged.</exception>
    public static VectorHeaderFields Read(ReadOnlySpan<byte> document, ReadOnlySpan<byte> kind, Func<int, int, long> rowBytes)
    {
        if (document.Length < ModelAt || !document.StartsWith(kind) || document[3] != 0)
        {
            throw new InvalidDataException("This is no document of vectors.");
        }

        if (document[2] != Version)
        {
            throw new InvalidDataException($"Documents of vectors of version {document[2]} cannot be read, only of {Version}.");
        }

        var dimension = BinaryPrimitives.ReadInt32LittleEndian(document[DimensionAt..]);
        var rows = BinaryPrimitives.ReadInt32LittleEndian(document[RowsAt..]);
        var model = BinaryPrimitives.ReadInt32LittleEndian(document[ModelLengthAt..]);
        if (dimension is < 1 or > VectorLength.MaxDimension || rows < 0 || model is < 1 or > MaxModelBytes
            || document.Length != SizeOf(model) + rowBytes(dimension, rows))
        {
            throw new InvalidDataException($"A document of {rows} vectors of dimension {dimension} has other than {document.Length} bytes.");
        }

        return BinaryPrimitives.ReadUInt32LittleEndian(document[ChecksumAt..]) == ChecksumOf(document)
            ? new VectorHeaderFields(dimension, rows, new Range(ModelAt, ModelAt + model), SizeOf(model))
            : throw new InvalidDataException("A document of vectors is damaged: its checksum does not fit.");
    }

    /// <summary>Reads the model's name.</summary>
    /// <exception cref="InvalidDataException">It is no UTF-8.</exception>
    public static string ReadModel(ReadOnlySpan<byte> name)
    {
        try
        {
            return Utf8.GetString(name);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException("A document of vectors names its model by bytes that are no UTF-8.", e);
        }
    }

    /// <summary>Whether a name in a document is this one.</summary>
    public static bool IsModel(ReadOnlySpan<byte> name, string model)
    {
        Span<byte> bytes = stackalloc byte[MaxModelBytes];
        return Utf8.TryGetBytes(model, bytes, out var written) && name.SequenceEqual(bytes[..written]);
    }

    private static int SizeOf(int modelBytes) => ModelAt + ((modelBytes + 3) / 4 * 4);

    private static uint ChecksumOf(ReadOnlySpan<byte> document) => Checksum.Of(document[ModelLengthAt..], Checksum.Of(document[..ChecksumAt]));
}

/// <summary>What a header says.</summary>
/// <param name="Dimension">Numbers in a vector.</param>
/// <param name="Rows">Vectors.</param>
/// <param name="Model">Where the model's name is.</param>
/// <param name="Size">Bytes of the header.</param>
internal readonly record struct VectorHeaderFields(int Dimension, int Rows, Range Model, int Size);
