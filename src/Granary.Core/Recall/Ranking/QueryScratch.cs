using Granary.Core.Recall.Lexical;

namespace Granary.Core.Recall.Ranking;

/// <summary>The numbers of one query while it runs, by passage and by source. Used again; all zero between queries.</summary>
internal sealed class QueryScratch
{
    /// <summary>The passage's own terms.</summary>
    public float[] Words = [];

    /// <summary>Weight of the terms that it has.</summary>
    public float[] Covered = [];

    /// <summary>What its neighbours give.</summary>
    public float[] Neighbours = [];

    /// <summary>Nearness of its vector.</summary>
    public float[] Vectors = [];

    /// <summary>Of the term at hand: its own score.</summary>
    public float[] Own = [];

    /// <summary>Of the term at hand: the squares of its neighbours'.</summary>
    public float[] Squares = [];

    /// <summary>Passages that have any score.</summary>
    public readonly List<int> Touched = [];

    /// <summary>Passages that the term at hand reaches.</summary>
    public readonly List<int> Reached = [];

    /// <summary>Of the term at hand: how often a session has it.</summary>
    public float[] SessionCount = [];

    /// <summary>A session's own score.</summary>
    public float[] Sessions = [];

    /// <summary>Sessions that the term at hand reaches.</summary>
    public readonly List<int> ReachedSessions = [];

    /// <summary>Sessions that have any score.</summary>
    public readonly List<int> TouchedSessions = [];

    /// <summary>Makes room.</summary>
    public void Prepare(int units, int sources)
    {
        if (Words.Length < units)
        {
            var size = units + (units / 4) + 16;
            (Words, Covered, Neighbours, Vectors, Own, Squares) =
                (new float[size], new float[size], new float[size], new float[size], new float[size], new float[size]);
        }

        if (Sessions.Length < sources)
        {
            (Sessions, SessionCount) = (new float[sources + (sources / 4) + 4], new float[sources + (sources / 4) + 4]);
        }
    }

    /// <summary>Clears what was touched.</summary>
    public void Clear()
    {
        foreach (var unit in Touched)
        {
            Words[unit] = Covered[unit] = Neighbours[unit] = Vectors[unit] = 0;
        }

        foreach (var session in TouchedSessions)
        {
            Sessions[session] = 0;
        }

        Touched.Clear();
        TouchedSessions.Clear();
    }
}
