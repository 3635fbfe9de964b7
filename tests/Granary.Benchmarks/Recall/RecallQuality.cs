using Granary.Core.Recall.Ranking;

namespace Granary.Benchmarks.Recall;

/// <summary>How many of the turns that answer a question recall returns, on conversations between two people over months.</summary>
internal static class RecallQuality
{
    /// <summary>Reciprocal ranks are looked for as far as this.</summary>
    private const int Depth = 100;

    private static readonly string[] Categories = ["", "multi-hop", "temporal", "open-domain", "single-hop"];

    /// <summary>Measures the library by itself.</summary>
    /// <param name="file">The data, or null to look for it.</param>
    public static Task RunAsync(string? file = null) => RunAsync(new LibrarySubject(new RecallOptions()), file);

    /// <summary>Measures a subject.</summary>
    public static async Task RunAsync(IRecallSubject subject, string? file)
    {
        if (Locomo.Find(file) is not { } path)
        {
            Console.WriteLine("NOT MEASURED: recall quality needs locomo-dev.json, which is not part of this repository (CC BY-NC 4.0).");
            Console.WriteLine("Name it: recall-quality FILE, or GRANARY_LOCOMO=FILE, or put it in ../shared/data.");
            return;
        }

        var figures = new List<(string Conversation, int Category, QualityFigures Figures)>();
        foreach (var conversation in Locomo.Read(path))
        {
            figures.AddRange(await MeasureAsync(subject, conversation));
        }

        var table = new Table("recall-quality: evidence among the first k turns", "questions", "number", "recall@5", "recall@10", "recall@25", "MRR", "session hit@1", "session NDCG@5", "tokens@10");
        foreach (var group in figures.GroupBy(f => f.Category).OrderBy(g => g.Key))
        {
            Row(table, Categories[group.Key], [.. group.Select(f => f.Figures)]);
        }

        foreach (var group in figures.GroupBy(f => f.Conversation))
        {
            Row(table, group.Key, [.. group.Select(f => f.Figures)]);
        }

        Row(table, "all", [.. figures.Select(f => f.Figures)]);
        table.Print();
    }

    private static async Task<List<(string, int, QualityFigures)>> MeasureAsync(IRecallSubject subject, Locomo conversation)
    {
        var memory = await subject.LoadAsync(conversation);
        var ids = conversation.Turns.ToDictionary(turn => (turn.Session, (long)turn.Sequence), turn => turn.Id);
        var sessions = conversation.Turns.ToDictionary(turn => turn.Id, turn => turn.Session);
        var figures = new List<(string, int, QualityFigures)>();
        foreach (var question in conversation.Questions)
        {
            var turns = await memory.RecallAsync(question.Text, Depth);
            var ranked = await memory.RecallSessionsAsync(question.Text, 10);
            figures.Add((conversation.Id, question.Category, QualityFigures.Judge(
                [.. turns.Select(turn => ids[(turn.Session, turn.Sequence)])], [.. turns.Select(turn => turn.Tokens)], ranked,
                question.Evidence, question.Evidence.Select(id => sessions[id]).ToHashSet())));
        }

        return figures;
    }

    private static void Row(Table table, string name, QualityFigures[] figures)
    {
        var mean = QualityFigures.Mean(figures);
        table.Row(name, figures.Length, mean.Recall5, mean.Recall10, mean.Recall25, mean.ReciprocalRank, mean.Hit1, mean.Ndcg5, mean.Tokens10);
    }
}
