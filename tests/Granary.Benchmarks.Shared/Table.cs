using System.Globalization;

namespace Granary.Benchmarks.Shared;

/// <summary>Prints aligned columns.</summary>
internal sealed class Table(string title, params string[] columns)
{
    private readonly List<string[]> rows = [columns];

    public Table Row(params object[] cells)
    {
        rows.Add([.. cells.Select(c => c is double d ? Number(d) : Convert.ToString(c, CultureInfo.InvariantCulture) ?? "")]);
        return this;
    }

    public void Print()
    {
        var widths = Enumerable.Range(0, columns.Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        Console.WriteLine(title);
        foreach (var row in rows)
        {
            Console.WriteLine("  " + string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))));
        }
    }

    private static string Number(double value) => value switch
    {
        >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };
}
