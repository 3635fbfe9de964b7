using FsCheck;
using FsCheck.Fluent;

namespace Granary.Core.Tests.Transcripts;

/// <summary>Any transcript, read from numbers: what fails shrinks to a short list of them.</summary>
internal static class TranscriptCodes
{
    /// <summary>Lists of numbers.</summary>
    public static Arbitrary<int[]> Any { get; } = Arb.From(Gen.Choose(0, 9_999).ArrayOf(), ArbMap.Default.ArbFor<int[]>().Shrinker);

    /// <summary>The transcript of a list: users, answers, calls with few ids that come again, results late, missing or without a call.</summary>
    public static TestTranscript Read(int[] codes)
    {
        var transcript = new TestTranscript();
        foreach (var code in codes.Select(Math.Abs))
        {
            var tokens = 1 + (code / 10 % 97);
            var id = $"call_{code / 10 % 4}";
            _ = (code % 10) switch
            {
                0 or 1 or 2 => transcript.User(code % 3 == 0 ? "This is important." : "Go on.", tokens, code / 100 % 3),
                3 or 4 => transcript.Assistant(tokens: tokens, access: code / 100 % 5),
                5 => transcript.Call(id),
                6 => transcript.Call(id, $"call_{code / 100 % 4}"),
                7 or 8 => transcript.Result(id, tokens: tokens),
                _ => transcript.System(tokens: tokens),
            };
        }

        return transcript;
    }
}
