namespace Granary.Core.Users.Records;

/// <summary>Names that many rows share (agents, categories, sessions), each kept once and known by its place.</summary>
internal sealed class NameList
{
    /// <summary>The place of no name.</summary>
    public const int None = -1;

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    /// <summary>How many names there are.</summary>
    public int Count => _names.Count;

    public string this[int place] => _names[place];

    /// <summary>The place of a name, or <see cref="None"/>.</summary>
    public int Find(string? name) => name is not null && _places.TryGetValue(name, out var place) ? place : None;

    /// <summary>The place of a name, which is added if it is new.</summary>
    public int Add(string? name)
    {
        if (name is null)
        {
            return None;
        }

        if (!_places.TryGetValue(name, out var place))
        {
            place = _names.Count;
            _names.Add(name);
            _places.Add(name, place);
        }

        return place;
    }
}
