using System.IO.Pipelines;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Granary.Http.Import;

namespace Granary.Http.Tests;

public sealed class LineReaderTests
{
    [Fact]
    public void Lines_come_whole_however_the_bytes_arrive()
    {
        var line = Gen.Elements("", " ", "a", "{}", "\r", "long " + new string('x', 300), "Grüße").ListOf();
        var text = line.SelectMany(lines => Gen.Elements("\n", "\r\n").SelectMany(end => Gen.Elements("", end).Select(last => string.Join(end, lines) + last)));
        var sizes = Gen.Choose(1, 50).NonEmptyListOf();
        Prop.ForAll(text.Zip(sizes).ToArbitrary(), given =>
        {
            var (all, parts) = given;
            ReadAll(Encoding.UTF8.GetBytes(all), [.. parts]).ShouldBe(
                all.Split('\n').Select((content, index) => (index + 1, content)).Where(l => l.content.Trim().Length > 0));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task A_line_that_never_ends_is_refused_before_it_is_all_there()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        using var lines = new LineReader(pipe.Reader, long.MaxValue);
        await pipe.Writer.WriteAsync("{}\n"u8.ToArray());
        await pipe.Writer.WriteAsync(new byte[LineReader.MaxLine + 1]);
        (await lines.ReadAsync(default)).ShouldNotBeNull();

        var error = await Should.ThrowAsync<TooLargeException>(async () => await lines.ReadAsync(default));

        error.Field.ShouldBe("line 2");
    }

    [Fact]
    public async Task A_body_above_the_limit_is_refused_also_when_its_lines_are_short()
    {
        var pipe = new Pipe();
        using var lines = new LineReader(pipe.Reader, 100);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{}\n", 34))));

        await Should.ThrowAsync<TooLargeException>(async () => await lines.ReadAsync(default));
    }

    private static List<(int, string)> ReadAll(byte[] bytes, int[] parts)
    {
        var pipe = new Pipe();
        var writing = Task.Run(async () =>
        {
            for (int at = 0, part = 0; at < bytes.Length; part++)
            {
                var size = Math.Min(parts[part % parts.Length], bytes.Length - at);
                await pipe.Writer.WriteAsync(bytes.AsMemory(at, size));
                at += size;
            }

            await pipe.Writer.CompleteAsync();
        });
        return Task.Run(async () =>
        {
            using var lines = new LineReader(pipe.Reader, long.MaxValue);
            var read = new List<(int, string)>();
            while (await lines.ReadAsync(default) is { } line)
            {
                read.Add((lines.Number, Encoding.UTF8.GetString(line.Span)));
            }

            await writing;
            return read;
        }).GetAwaiter().GetResult();
    }
}
