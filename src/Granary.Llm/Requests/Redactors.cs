using System.Collections.Concurrent;
using System.Globalization;
using Granary.Core.Privacy;

namespace Granary.Llm.Requests;

/// <summary>Privacy policies, compiled once each: with them a client's words are compared with what a session made of them. Safe for all threads.</summary>
/// <param name="time">The clock.</param>
internal sealed class Redactors(TimeProvider time)
{
    /// <summary>Policies that are kept. Compiling is slow, and tenants have few.</summary>
    private const int Max = 1_024;

    private readonly ConcurrentDictionary<string, Redactor> known = new(StringComparer.Ordinal);

    /// <summary>What applies a session's policy; null where it has none.</summary>
    public Redactor? Of(SessionContext? context)
    {
        if (context?.Privacy is not { } policy)
        {
            return null;
        }

        // By content: a policy that comes from another silo is a new object each time.
        var roles = policy.NonPersistableRoles.Select(role => ((int)role).ToString(CultureInfo.InvariantCulture));
        var key = string.Join('\0', [policy.RedactionString, string.Join(',', roles), .. policy.RedactPatterns]);
        if (known.TryGetValue(key, out var redactor))
        {
            return redactor;
        }

        if (known.Count >= Max)
        {
            known.Clear();
        }

        return known.GetOrAdd(key, _ => new Redactor(policy, time));
    }
}
