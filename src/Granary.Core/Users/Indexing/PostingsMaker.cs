using Granary.Core.Recall.Lexical;
using Granary.Core.Tokens;
using Granary.Core.Users.Records;

namespace Granary.Core.Users.Indexing;

/// <summary>Makes a page of postings, from pages that were stored and from records. Keeps terms of what it was given only.</summary>
internal sealed class PostingsMaker(ITokenCounter tokens)
{
    private readonly LexicalIndex _index = new();
    private readonly Dictionary<string, PostedRecord> _records = new(StringComparer.Ordinal);

    /// <summary>Whether it has a record.</summary>
    public bool Has(string id) => _records.ContainsKey(id);

    /// <summary>Takes what still holds from a page.</summary>
    public void Take(PostingsPage page, Func<PostedRecord, bool> holds)
    {
        var kept = page.Records.Where(holds).ToList();
        Segments.Put(_index, page.Select(kept.ToDictionary(static record => record.Id, static _ => 0, StringComparer.Ordinal)));
        foreach (var record in kept)
        {
            _records[record.Id] = record;
        }
    }

    /// <summary>Takes a record as it is.</summary>
    public void Add(RecordDocument document)
    {
        _index.Add(UserIndex.UnitOf(document.Record, tokens.Count(document.Record.Content, model: null)));
        _records[document.Id] = new PostedRecord(document.Id, document.Number, document.Record.Revision);
    }

    /// <summary>The page; empty if there is no record.</summary>
    public byte[] Encode()
    {
        if (_records.Count == 0)
        {
            return [];
        }

        var segment = Segments.Take(_index, 0, _index.UnitCount);
        return new PostingsPage([.. segment.Sources.Select(source => _records[source.Id])], segment).Encode();
    }
}
