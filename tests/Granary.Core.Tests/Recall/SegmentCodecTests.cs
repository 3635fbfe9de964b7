using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Recall.Lexical;
using Shouldly;

namespace Granary.Core.Tests.Recall;

public class SegmentCodecTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_segment_reads_as_it_was_written() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<(string, long, int, bool)[]>(), units =>
        {
            var segment = Segment(units);
            var read = SegmentCodec.Decode(SegmentCodec.Encode(segment));
            read.Sources.ShouldBe(segment.Sources);
            read.Names.ShouldBe(segment.Names);
            read.Agents.ShouldBe(segment.Agents);
            read.Terms.ShouldBe(segment.Terms);
            read.Removed.ShouldBe(segment.Removed);
            read.Units.ShouldBe(segment.Units);
            read.Postings.ShouldBe(segment.Postings);
        }));

    [Fact]
    public void Every_cut_and_every_changed_byte_is_told()
    {
        var bytes = Sample();
        for (var length = 0; length < bytes.Length; length++)
        {
            Should.Throw<InvalidDataException>(() => SegmentCodec.Decode(bytes.AsSpan(0, length)));
        }

        for (var at = 0; at < bytes.Length; at++)
        {
            var changed = bytes.ToArray();
            changed[at] ^= 0x41;
            Should.Throw<InvalidDataException>(() => SegmentCodec.Decode(changed));
        }
    }

    [Fact]
    public void Garbage_with_a_right_checksum_is_told_or_read_but_never_worse()
    {
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = Sample();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                bytes[random.Next(4, bytes.Length - 4)] = (byte)(random.Next(3) == 0 ? 255 : random.Next(256));
            }

            var check = 2166136261u;
            foreach (var b in bytes.AsSpan(0, bytes.Length - 4))
            {
                check = (check ^ b) * 16777619;
            }

            BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), check);
            try
            {
                var index = new LexicalIndex();
                Segments.Put(index, SegmentCodec.Decode(bytes));
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Fact]
    public void Another_version_is_named()
    {
        var bytes = Sample();
        bytes[2] = 9;
        SegmentCodec.IsCurrent(bytes).ShouldBeFalse();
        Should.Throw<InvalidDataException>(() => SegmentCodec.Decode(bytes)).Message.ShouldContain("version 9");
    }

    [Fact]
    public void A_removal_in_a_later_segment_holds_for_earlier_ones()
    {
        var index = new LexicalIndex();
        index.Add(Message("s", 1, "the violin"));
        index.Add(Message("s", 2, "the cello"));
        var first = SegmentCodec.Encode(Segments.Take(index, 0, index.UnitCount));
        var second = SegmentCodec.Encode(Segments.Take(index, index.UnitCount, index.UnitCount, [new UnitKey("s", true, 1)]));

        var loaded = new LexicalIndex();
        Segments.Put(loaded, SegmentCodec.Decode(first));
        Segments.Put(loaded, SegmentCodec.Decode(second));
        loaded.AliveCount.ShouldBe(1);
        loaded.Find(UnitKind.Message, "s", 1).ShouldBe(-1);
    }

    private static byte[] Sample() => SegmentCodec.Encode(Segment(
        [("I bought 3 violins in Lisbon", 1, 4, true), ("Great, which ones?", 2, 7, true), ("Plays the violin", 0, 2, false), ("東京 is next", 3, 1, true)]));

    private static SegmentData Segment((string Text, long Sequence, int Number, bool IsMessage)[] units)
    {
        var index = new LexicalIndex();
        foreach (var (text, sequence, number, isMessage) in units)
        {
            index.Add(new RecallUnit
            {
                Kind = isMessage ? UnitKind.Message : UnitKind.Insight,
                Source = (isMessage ? "s" : "r") + (number % 3),
                Sequence = sequence,
                Name = number % 2 == 0 ? "Ada" : null,
                Role = MessageRole.Assistant,
                Time = Start.AddSeconds(number),
                Text = text ?? "",
                Tokens = Math.Abs(number % 1000),
                ValidFrom = number % 5 == 0 ? Start : null,
                Importance = 0.7f,
            });
        }

        return Segments.Take(index, 0, index.UnitCount, [new UnitKey("gone", true, 5)]);
    }

    private static RecallUnit Message(string session, long sequence, string text) => new() { Source = session, Sequence = sequence, Text = text };
}
