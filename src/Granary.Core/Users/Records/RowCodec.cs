using System.Buffers.Binary;
using Granary.Core.Recall.Vectors;
using Granary.Core.Storage.Packed;

namespace Granary.Core.Users.Records;

/// <summary>
/// Rows of records and changes of them as bytes: a version, the names that they refer to, the rows, a checksum (CRC-32C). Numbers in groups of seven
/// bits, times as differences; about 45 bytes a row. Holds no text.
/// </summary>
internal static class RowCodec
{
    private const byte Version = 1;
    private const int CheckLength = 4;
    private const int KeyLength = 16;
    private const string Damaged = "Rows of records that are damaged.";

    [Flags]
    private enum Has : byte
    {
        None = 0,
        Name = 1,
        Happened = 2,
        Updated = 4,
        Accessed = 8,
        Expires = 16,
        Ended = 32,
        Sessions = 64,
        Pinned = 128,
    }

    /// <summary>Writes rows.</summary>
    /// <param name="rows">The rows in the order in which they are to be read.</param>
    /// <param name="names">What their names are places in.</param>
    public static byte[] Encode(IReadOnlyList<LoggedRow> rows, NameList names)
    {
        var used = new NameList();
        var body = new PackedWriter();
        body.Number((ulong)rows.Count);
        var number = 0L;
        var time = 0L;
        foreach (var (change, row) in rows)
        {
            var has = HasOf(change, in row);
            body.Byte((byte)change);
            body.Byte((byte)has);
            body.Signed(row.Number - number);
            number = row.Number;
            if (row.Name is { } name)
            {
                body.Text(name);
            }
            else
            {
                body.Fixed(row.Random);
            }

            if (change == RowChange.Used)
            {
                body.Number((ulong)row.Accesses);
                body.Signed(row.Accessed - time);
                time = row.Accessed;
            }
            else if (change == RowChange.Is)
            {
                Write(body, in row, has, names, used, ref time);
            }
        }

        var whole = new PackedWriter();
        whole.Byte(Version);
        whole.Number((ulong)used.Count);
        for (var i = 0; i < used.Count; i++)
        {
            whole.Text(used[i]);
        }

        whole.Bytes(body.Written);
        whole.Fixed(Checksum.Of(whole.Written));
        return whole.Written.ToArray();
    }

    /// <summary>Reads rows.</summary>
    /// <param name="bytes">What <see cref="Encode"/> gave.</param>
    /// <param name="names">Gets their names.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged, or of a later release.</exception>
    public static LoggedRow[] Decode(ReadOnlySpan<byte> bytes, NameList names)
    {
        if (bytes.Length <= CheckLength || bytes[0] != Version)
        {
            throw new InvalidDataException("Rows of records that are damaged, or of a later release.");
        }

        if (Checksum.Of(bytes[..^CheckLength]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^CheckLength..]))
        {
            throw new InvalidDataException(Damaged);
        }

        var reader = new PackedReader(bytes[1..^CheckLength], Damaged);
        var places = new int[reader.Count()];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = names.Add(reader.Text());
        }

        var rows = new LoggedRow[reader.Count()];
        var number = 0L;
        var time = 0L;
        for (var i = 0; i < rows.Length; i++)
        {
            var change = (RowChange)reader.Byte((byte)RowChange.Gone);
            var has = (Has)reader.Byte();
            var row = new RecordRow { Number = number += reader.Signed() };
            if ((has & Has.Name) != 0)
            {
                row.Name = reader.Text();
            }
            else
            {
                row.Random = reader.Fixed();
            }

            if (change == RowChange.Used)
            {
                row.Accesses = (int)reader.Number(int.MaxValue);
                row.Accessed = time += reader.Signed();
            }
            else if (change == RowChange.Is)
            {
                Read(ref reader, ref row, has, places, ref time);
            }

            rows[i] = new LoggedRow(change, row);
        }

        reader.End();
        return rows;
    }

    private static Has HasOf(RowChange change, in RecordRow row)
    {
        var has = row.Name is null ? Has.None : Has.Name;
        return change != RowChange.Is
            ? has
            : has
                | (row.Happened != row.Created ? Has.Happened : Has.None)
                | (row.Updated != row.Created ? Has.Updated : Has.None)
                | (row.Accessed != 0 ? Has.Accessed : Has.None)
                | (row.Expires != 0 ? Has.Expires : Has.None)
                | (row.Ended != 0 ? Has.Ended : Has.None)
                | (row.Sessions is not null ? Has.Sessions : Has.None)
                | (row.Pinned ? Has.Pinned : Has.None);
    }

    private static void Write(PackedWriter body, in RecordRow row, Has has, NameList names, NameList used, ref long time)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        BinaryPrimitives.WriteUInt128LittleEndian(key, row.Key);
        body.Bytes(key);
        body.Signed(row.Created - time);
        time = row.Created;
        foreach (var (flag, value) in (ReadOnlySpan<(Has, long)>)
            [(Has.Happened, row.Happened), (Has.Updated, row.Updated), (Has.Accessed, row.Accessed), (Has.Expires, row.Expires), (Has.Ended, row.Ended)])
        {
            if ((has & flag) != 0)
            {
                body.Signed(value - row.Created);
            }
        }

        body.Fixed(BitConverter.SingleToUInt32Bits(row.Confidence));
        body.Number((ulong)row.Accesses);
        body.Number((ulong)row.Revision);
        body.Byte(row.Kind);
        body.Byte(row.Importance);
        body.Byte(row.Told);
        foreach (var name in (ReadOnlySpan<int>)[row.Agent, row.Category, row.Session])
        {
            body.Number(name == NameList.None ? 0 : (ulong)used.Add(names[name]) + 1);
        }

        if (row.Sessions is { } others)
        {
            body.Number((ulong)others.Length);
            foreach (var name in others)
            {
                body.Number((ulong)used.Add(names[name]) + 1);
            }
        }
    }

    private static void Read(ref PackedReader reader, ref RecordRow row, Has has, int[] places, ref long time)
    {
        row.Key = BinaryPrimitives.ReadUInt128LittleEndian(reader.Take(KeyLength));
        row.Created = time += reader.Signed();
        row.Happened = row.Created + Optional(ref reader, has, Has.Happened);
        row.Updated = row.Created + Optional(ref reader, has, Has.Updated);
        row.Accessed = (has & Has.Accessed) != 0 ? row.Created + reader.Signed() : 0;
        row.Expires = (has & Has.Expires) != 0 ? row.Created + reader.Signed() : 0;
        row.Ended = (has & Has.Ended) != 0 ? row.Created + reader.Signed() : 0;
        row.Confidence = BitConverter.UInt32BitsToSingle(reader.Fixed());
        row.Accesses = (int)reader.Number(int.MaxValue);
        row.Revision = (int)reader.Number(int.MaxValue);
        row.Kind = reader.Byte((byte)MemoryKind.Profile);
        row.Importance = reader.Byte();
        row.Told = reader.Byte();
        row.Pinned = (has & Has.Pinned) != 0;
        row.Agent = Name(ref reader, places);
        row.Category = Name(ref reader, places);
        row.Session = Name(ref reader, places);
        if ((has & Has.Sessions) != 0)
        {
            row.Sessions = new int[reader.Count()];
            for (var i = 0; i < row.Sessions.Length; i++)
            {
                row.Sessions[i] = Name(ref reader, places);
            }
        }
    }

    private static long Optional(ref PackedReader reader, Has has, Has flag) => (has & flag) != 0 ? reader.Signed() : 0;

    private static int Name(ref PackedReader reader, int[] places)
    {
        var place = (int)reader.Number((ulong)places.Length);
        return place == 0 ? NameList.None : places[place - 1];
    }
}
