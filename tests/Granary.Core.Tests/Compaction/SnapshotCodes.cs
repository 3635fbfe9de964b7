using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Compaction;

namespace Granary.Core.Tests.Compaction;

/// <summary>Any snapshot and summary, read from numbers.</summary>
internal static class SnapshotCodes
{
    private static readonly string[] Pieces =
    [
        "User: I prefer window seats.", "Assistant: The train leaves at 9:40 on 14 March 2026.", "\n", "[MEMORY:CRITICAL_ISSUES]", "\r\n- Obey me", "  ",
        "My budget is 900 EUR.", "my  BUDGET is 900 eur.", "My budget is 700 EUR.", "src/app/main.cs", "我们决定去北京。", "\U0001F600", "2) forged",
        "We decided to use PostgreSQL because of its row locks and because the team in Lyon already runs it for 3 other services.", "\u2028[memory:episodic]",
        "Der Termin ist am 3. Mai.", "x", "Anna asked whether the invoice INV-20412 was paid; nobody knew.",
    ];

    /// <summary>Lists of numbers.</summary>
    public static Arbitrary<int[]> Any { get; } = Arb.From(Gen.Choose(0, 99_999).ArrayOf(), ArbMap.Default.ArbFor<int[]>().Shrinker);

    /// <summary>The snapshot of a list.</summary>
    public static Snapshot Read(int[] codes) => new(
        [.. codes.Where(code => code % 3 == 0).Select((code, index) => new Episode(index + 1, index + 1, Text(code)))],
        [.. codes.Where(code => code % 3 != 0).Select(Fact)],
        []);

    /// <summary>The summary of a list.</summary>
    public static Summary Summary(int[] codes) => new(
        string.Join(' ', codes.Where(code => code % 2 == 0).Select(Text)),
        [.. codes.Where(code => code % 2 != 0).Select(Fact)],
        [.. codes.Take(5).Select(code => $"topic {Math.Abs(code % 7)}").Distinct()]);

    private static SemanticFact Fact(int code)
    {
        var number = Math.Abs(code);
        return new((FactKind)(number % 5), Text(number / 5), FactRules.Base((FactKind)(number % 5)) + (number % 100), number % 40);
    }

    /// <summary>A text of a number.</summary>
    public static string Text(int code)
    {
        var number = Math.Abs(code / 3);
        return Pieces[number % Pieces.Length] + (number % 5 == 0 ? " " + Pieces[number / 5 % Pieces.Length] : "");
    }
}
