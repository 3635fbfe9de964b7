using System.Runtime.InteropServices;

namespace Granary.Core.Recall.Vectors;

/// <summary>
/// One exact vector as it is stored (<c>v:</c>): a header (<see cref="VectorHeader"/>, kind <c>gv</c>, one row), then the numbers
/// in single precision, as the model gave them. Read in place: keep the body as long as the values are in use.
/// </summary>
internal readonly struct VectorDocument
{
    private readonly ReadOnlyMemory<byte> body;
    private readonly VectorHeaderFields header;

    private VectorDocument(ReadOnlyMemory<byte> body)
    {
        this.body = body;
        header = VectorHeader.Read(body.Span, Kind, static (dimension, rows) => rows == 1 ? sizeof(float) * (long)dimension : -1);
        Length = VectorLength.Of(Values);
        if (!VectorLength.IsUsable(Length))
        {
            throw new InvalidDataException($"A stored vector has the length {Length}.");
        }
    }

    /// <summary>The model that made it.</summary>
    /// <exception cref="InvalidDataException">The name is no text.</exception>
    public string Model => VectorHeader.ReadModel(body.Span[header.Model]);

    /// <summary>Its numbers.</summary>
    public ReadOnlySpan<float> Values => MemoryMarshal.Cast<byte, float>(body.Span[header.Size..]);

    /// <summary>Its Euclidean length.</summary>
    public float Length { get; }

    private static ReadOnlySpan<byte> Kind => "gv"u8;

    /// <summary>Encodes a vector.</summary>
    /// <param name="model">The model that made it, 1 to <see cref="VectorHeader.MaxModelBytes"/> bytes of UTF-8.</param>
    /// <param name="vector">Its numbers.</param>
    /// <exception cref="ArgumentException">The vector is empty, too long, zero, or holds NaN or infinite numbers; or the name is empty or too long.</exception>
    public static byte[] Encode(string model, ReadOnlySpan<float> vector)
    {
        VectorLength.Check(vector, nameof(vector));
        var header = VectorHeader.Size(model);
        var body = new byte[header + (sizeof(float) * vector.Length)];
        VectorHeader.Write(body, Kind, model, vector.Length, rows: 1);
        MemoryMarshal.AsBytes(vector).CopyTo(body.AsSpan(header));
        VectorHeader.Seal(body);
        return body;
    }

    /// <summary>Reads a vector in place.</summary>
    /// <exception cref="InvalidDataException">The body is no stored vector, of another version, cut or damaged.</exception>
    public static VectorDocument Decode(ReadOnlyMemory<byte> body) => new(body);

    /// <summary>Whether a model made it; cheaper than <see cref="Model"/>.</summary>
    public bool IsOf(string model) => VectorHeader.IsModel(body.Span[header.Model], model);
}
