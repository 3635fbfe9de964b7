using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Http.Endpoints.Memories;

/// <summary>Whether memory is needed, what to look for, and who decided.</summary>
internal sealed record EnrichmentDecision(bool Needed, string? Query, string By);

/// <summary>The latest decisions, each made once for a session and the words that it is made on.</summary>
internal sealed class EnrichmentDecisions
{
    private const int MaxKept = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(SessionKey Session, UInt128 Words), Task<EnrichmentDecision>> _kept = [];
    private readonly Queue<(SessionKey Session, UInt128 Words)> _order = [];

    /// <summary>The decision; made if it is not known, by the first who asks.</summary>
    public Task<EnrichmentDecision> GetAsync(SessionKey session, string words, Func<Task<EnrichmentDecision>> decide)
    {
        var key = (session, BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(words))));
        lock (_gate)
        {
            if (_kept.TryGetValue(key, out var known))
            {
                return known;
            }

            while (_kept.Count >= MaxKept)
            {
                _kept.Remove(_order.Dequeue());
            }

            _order.Enqueue(key);
            return _kept[key] = Task.Run(decide);
        }
    }
}
