namespace Granary.Core.Recall.Ranking;

/// <summary>The numbers of one query while it runs, by passage and by source. Used again; all zero between queries.</summary>
internal sealed class QueryScratch
{
    /// <summary>By passage.</summary>
    public Cell[] Cells = [];

    /// <summary>By source: what a session has gathered.</summary>
    public SessionCell[] Sessions = [];

    /// <summary>Passages that have any score.</summary>
    public readonly List<int> Touched = [];

    /// <summary>Passages that the term at hand reaches.</summary>
    public readonly List<int> Reached = [];

    /// <summary>Sessions that the term at hand reaches.</summary>
    public readonly List<int> ReachedSessions = [];

    /// <summary>Sessions that have any score.</summary>
    public readonly List<int> TouchedSessions = [];

    /// <summary>Makes room.</summary>
    public void Prepare(int units, int sources)
    {
        if (Cells.Length < units)
        {
            Cells = new Cell[units + (units / 4) + 16];
        }

        if (Sessions.Length < sources)
        {
            Sessions = new SessionCell[sources + (sources / 4) + 4];
        }
    }

    /// <summary>Clears what was touched.</summary>
    public void Clear()
    {
        foreach (var unit in Touched)
        {
            Cells[unit] = default;
        }

        foreach (var session in TouchedSessions)
        {
            Sessions[session] = default;
        }

        Touched.Clear();
        TouchedSessions.Clear();
    }

    /// <summary>A passage's numbers, together so that one look brings them all.</summary>
    internal struct Cell
    {
        /// <summary>Its own terms.</summary>
        public float Words;

        /// <summary>Weight of the terms that it has.</summary>
        public float Covered;

        /// <summary>What its neighbours give.</summary>
        public float Neighbours;

        /// <summary>Nearness of its vector.</summary>
        public float Vectors;

        /// <summary>Of the term at hand: its own score.</summary>
        public float Own;

        /// <summary>Of the term at hand: the squares of its neighbours'.</summary>
        public float Squares;
    }

    /// <summary>A session's numbers.</summary>
    internal struct SessionCell
    {
        /// <summary>Its own score.</summary>
        public float Score;

        /// <summary>Of the term at hand: how often it has it.</summary>
        public float Count;
    }
}
