using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Granary.Benchmarks.Recall;

/// <summary>A conversation of the LoCoMo benchmark, as its reshaped file has it (Maharana et al., 2024; CC BY-NC 4.0: for measuring only).</summary>
internal sealed partial record Locomo(string Id, IReadOnlyList<Locomo.Turn> Turns, IReadOnlyList<Locomo.Question> Questions)
{
    /// <summary>The file: named, by GRANARY_LOCOMO, or in ../shared/data beside the repository.</summary>
    /// <returns>Null where there is none.</returns>
    public static string? Find(string? named)
    {
        if ((named ?? Environment.GetEnvironmentVariable("GRANARY_LOCOMO")) is { Length: > 0 } path)
        {
            return File.Exists(path) ? path : null;
        }

        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "shared", "data", "locomo-dev.json") is var file && File.Exists(file))
            {
                return file;
            }
        }

        return null;
    }

    /// <summary>Reads the file.</summary>
    public static IReadOnlyList<Locomo> Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.EnumerateArray().Select(One)];
    }

    private static Locomo One(JsonElement conversation)
    {
        var first = conversation.GetProperty("speakers")[0].GetString();
        var turns = new List<Turn>();
        foreach (var session in conversation.GetProperty("sessions").EnumerateArray())
        {
            var time = DateTimeOffset.ParseExact(
                session.GetProperty("date_time").GetString()!.Replace(" am ", " AM ", StringComparison.Ordinal).Replace(" pm ", " PM ", StringComparison.Ordinal),
                "h:mm tt 'on' d MMMM, yyyy", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            var sequence = 0;
            foreach (var turn in session.GetProperty("turns").EnumerateArray())
            {
                var speaker = turn.GetProperty("speaker").GetString()!;
                var caption = turn.TryGetProperty("image_caption", out var c) ? " " + c.GetString() : "";
                turns.Add(new Turn(
                    turn.GetProperty("id").GetString()!, $"s{session.GetProperty("n").GetInt32()}", ++sequence, speaker, speaker == first,
                    $"{speaker}: {turn.GetProperty("text").GetString()}{caption}", time));
            }
        }

        return new Locomo(conversation.GetProperty("id").GetString()!, turns, Ask(conversation, [.. turns.Select(t => t.Id)]));
    }

    private static List<Question> Ask(JsonElement conversation, HashSet<string> known)
    {
        var questions = new List<Question>();
        foreach (var question in conversation.GetProperty("questions").EnumerateArray())
        {
            var category = question.GetProperty("category").GetInt32();
            var evidence = question.GetProperty("evidence").EnumerateArray().SelectMany(e => TurnId().Matches(e.GetString()!)).Select(m => m.Value).ToHashSet();
            evidence.IntersectWith(known);
            if (category is >= 1 and <= 4 && evidence.Count > 0)
            {
                questions.Add(new Question(question.GetProperty("question").GetString()!, category, evidence));
            }
        }

        return questions;
    }

    [GeneratedRegex(@"D[0-9]+:[0-9]+")]
    private static partial Regex TurnId();

    /// <summary>What one of the two said.</summary>
    internal sealed record Turn(string Id, string Session, int Sequence, string Speaker, bool IsUser, string Content, DateTimeOffset Time);

    /// <summary>A question and the turns that answer it.</summary>
    internal sealed record Question(string Text, int Category, IReadOnlySet<string> Evidence);
}
