using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Granary.Llm.Streaming;

namespace Granary.Llm.Tests.Streaming;

public class SseReaderTests
{
    [Theory]
    [InlineData("data: a\n\ndata: b\n\n", "|a", "|b")]
    [InlineData("data: a\r\n\r\ndata: b\r\n\r\n", "|a", "|b")]
    [InlineData("data: a\r\rdata: b\r\r", "|a", "|b")]
    [InlineData("data: a\n\r\ndata: b\r\n\n", "|a", "|b")]
    [InlineData("\uFEFFdata: a\n\n", "|a")]
    [InlineData("data:a\n\n", "|a")]
    [InlineData("data:  a\n\n", "| a")]
    [InlineData("data: one\ndata: two\ndata\ndata: four\n\n", "|one\ntwo\n\nfour")]
    [InlineData(": comment\ndata: a\n:\ndata: b\n\n", "|a\nb")]
    [InlineData("event: ping\ndata: a\nid: 7\nretry: 10\n\ndata: b\n\n", "ping|a", "|b")]
    [InlineData("event: alone\n\ndata: b\n\n", "|b")]
    [InlineData("dataset: x\ndat: y\ndata: a\n\n", "|a")]
    [InlineData("data: a", "|a")]
    [InlineData("data: a\n", "|a")]
    [InlineData("data:\n\n", "|")]
    [InlineData("\n\n\n")]
    [InlineData("")]
    public void Events_are_read_as_the_standard_has_them_in_fragments_of_every_size(string stream, params string[] expected)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var size = 1; size <= bytes.Length + 1; size++)
        {
            Read(bytes, size).ShouldBe([.. expected], $"in fragments of {size}");
        }
    }

    [Fact]
    public void An_event_is_there_with_the_byte_that_completes_it()
    {
        var reader = new SseReader();
        var input = "data: a\r\n\r"u8;
        reader.TryRead(ref input, out var payload).ShouldBeTrue("its line feed may still come, but adds nothing");
        Encoding.UTF8.GetString(payload).ShouldBe("a");

        input = "\ndata: b\n\n"u8;
        reader.TryRead(ref input, out payload).ShouldBeTrue();
        Encoding.UTF8.GetString(payload).ShouldBe("b");
    }

    [Fact]
    public void A_start_like_a_byte_order_mark_is_kept()
    {
        byte[] bytes = [0xEF, 0xBB, (byte)'x', (byte)'\n', .. "data: a\n\n"u8];
        for (var size = 1; size <= bytes.Length; size++)
        {
            Read(bytes, size).ShouldBe(["|a"]);
        }
    }

    [Fact]
    public void Any_lines_cut_anywhere_give_what_they_give_in_one_piece()
    {
        var lines = Gen.Elements("data: x", "data:", "data: äö😀", "event: e", ": c", "", "", "data", "id: 1");
        var ends = Gen.Elements("\n", "\r", "\r\n");
        var streams = (from line in lines from end in ends select line + end).ListOf().Select(string.Concat);
        Prop.ForAll(streams.ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), (stream, size) =>
        {
            var bytes = Encoding.UTF8.GetBytes(stream);
            return Read(bytes, size).SequenceEqual(Read(bytes, int.MaxValue));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void An_event_beyond_all_measure_is_an_error_and_no_endless_growth()
    {
        var adapter = ProtocolAdapterFactory.Create(ChatDialect.OpenAIChat);
        var events = new List<StreamEvent>();
        adapter.Read("data: "u8, events);
        var chunk = new byte[1024 * 1024];
        Array.Fill(chunk, (byte)'x');
        for (var i = 0; i <= PooledBytes.MaxLength / chunk.Length; i++)
        {
            adapter.Read(chunk, events);
        }

        events.ShouldHaveSingleItem().Kind.ShouldBe(StreamEventKind.Error);
    }

    private static List<string> Read(ReadOnlySpan<byte> bytes, int size)
    {
        var reader = new SseReader();
        var found = new List<string>();
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(size, bytes.Length)];
            bytes = bytes[piece.Length..];
            while (reader.TryRead(ref piece, out var payload))
            {
                found.Add($"{Encoding.UTF8.GetString(reader.Name)}|{Encoding.UTF8.GetString(payload)}");
            }
        }

        while (reader.TryReadLast(out var last))
        {
            found.Add($"{Encoding.UTF8.GetString(reader.Name)}|{Encoding.UTF8.GetString(last)}");
        }

        return found;
    }
}
