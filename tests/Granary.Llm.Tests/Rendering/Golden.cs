using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Llm.Tests.Rendering;

/// <summary>
/// Bodies that were looked at once and must stay as they are. After a wanted change run the tests with <c>GRANARY_REWRITE_GOLDEN=1</c>: they write the files
/// of the folder <c>Golden</c> anew, and what changed is read in the version control's difference.
/// </summary>
internal static class Golden
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Compares a body with the file of its name.</summary>
    public static void ShouldMatch(JsonNode body, string name, [CallerFilePath] string source = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(source)!, "Golden", name + ".json");
        var actual = body.ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("GRANARY_REWRITE_GOLDEN") == "1")
        {
            File.WriteAllText(path, actual);
            return;
        }

        var expected = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        if (expected != actual)
        {
            Assert.Fail($"{name} is not what Golden/{name}.json says.\n{Difference(expected.Split('\n'), actual.Split('\n'))}");
        }
    }

    /// <summary>The lines that differ, between those that begin and end both alike.</summary>
    private static string Difference(string[] expected, string[] actual)
    {
        var first = 0;
        while (first < expected.Length && first < actual.Length && expected[first] == actual[first])
        {
            first++;
        }

        var last = 0;
        while (last < expected.Length - first && last < actual.Length - first && expected[^(last + 1)] == actual[^(last + 1)])
        {
            last++;
        }

        var lines = actual.Take(first).TakeLast(3).Select(line => "  " + line)
            .Concat(expected[first..^last].Select(line => "- " + line))
            .Concat(actual[first..^last].Select(line => "+ " + line))
            .Concat(actual.TakeLast(last).Take(3).Select(line => "  " + line));
        return $"From line {first + 1}:\n{string.Join('\n', lines)}";
    }
}
