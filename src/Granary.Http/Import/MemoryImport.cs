using System.Globalization;
using System.Text.RegularExpressions;
using Granary.Wire;

namespace Granary.Http.Import;

/// <summary>Hands the memories of an import to the user a few at a time, and counts what becomes of them.</summary>
internal sealed partial class MemoryImport(IUserMemory user)
{
    /// <summary>Lines that the answer names.</summary>
    private const int MaxNamed = 100;

    // So many fit into one commit, beside what belongs to them.
    private const int MaxMemories = 40;
    private const int MaxBytes = 512 * 1024;

    private readonly List<(MemoryDraft Draft, int Line)> _waiting = [];
    private readonly List<RefusedLine> _refused = [];
    private long _bytes;

    /// <summary>Memories that were stored.</summary>
    public long Added { get; private set; }

    /// <summary>Memories that were known.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Lines that could not be taken.</summary>
    public long Refused { get; private set; }

    /// <summary>The answer.</summary>
    public MemoryImportResponse Told() => new(user.Key.User, Added, Duplicates, Refused, [.. _refused.OrderBy(static line => line.Line).Take(MaxNamed)]);

    /// <summary>Notes a line that cannot be taken.</summary>
    public void Refuse(int line, string field, string rule)
    {
        Refused++;
        if (_refused.Count < MaxNamed + MaxMemories)
        {
            _refused.Add(new RefusedLine(line, field is "body" or "" ? rule : $"{field}: {rule}"));
        }
    }

    /// <summary>Takes a memory.</summary>
    public async ValueTask AddAsync(MemoryDraft draft, int line, int bytes, CancellationToken cancellationToken)
    {
        if (_waiting.Count == MaxMemories || (_waiting.Count > 0 && _bytes + bytes > MaxBytes))
        {
            await SendAsync(cancellationToken);
        }

        _waiting.Add((draft, line));
        _bytes += bytes;
    }

    /// <summary>Stores what was taken.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        while (_waiting.Count > 0 && !await TryStoreAsync([.. _waiting.Select(static memory => memory.Draft)], cancellationToken))
        {
        }

        _waiting.Clear();
        _bytes = 0;
    }

    /// <returns>False if one that stood in the way of the others was refused: the rest can be tried.</returns>
    private async Task<bool> TryStoreAsync(IReadOnlyList<MemoryDraft> drafts, CancellationToken cancellationToken)
    {
        try
        {
            Count(await user.RememberAsync(new RememberRequest(drafts), cancellationToken));
            return true;
        }
        catch (InvalidRequestException error) when (TryRefuse(error.Field, error.Rule))
        {
            return false;
        }
        catch (TooLargeException error) when (TryRefuse(error.Field, error.Rule))
        {
            return false;
        }
        catch (Exception error) when (error is TooLargeException or ConflictException)
        {
            // Which of them it is only shows when each is on its own.
            await StoreEachAsync(cancellationToken);
            return true;
        }
    }

    private async Task StoreEachAsync(CancellationToken cancellationToken)
    {
        foreach (var (draft, line) in _waiting)
        {
            try
            {
                Count(await user.RememberAsync(new RememberRequest([draft]), cancellationToken));
            }
            catch (ConflictException)
            {
                Refuse(line, "id", $"'{draft.Id}' is the id of another memory");
            }
            catch (TooLargeException error)
            {
                Refuse(line, "", error.Rule);
            }
        }
    }

    private void Count(RememberResult result)
    {
        foreach (var outcome in result.Outcomes)
        {
            if (outcome.Event == MemoryEvent.Add)
            {
                Added++;
            }
            else
            {
                Duplicates++;
            }
        }
    }

    /// <summary>The memory names one of those that it was given; the caller knows lines.</summary>
    private bool TryRefuse(string field, string rule)
    {
        if (MemoryField().Match(field) is not { Success: true } match
            || !int.TryParse(match.Groups["index"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= _waiting.Count)
        {
            return false;
        }

        Refuse(_waiting[index].Line, match.Groups["rest"].Value, rule);
        _waiting.RemoveAt(index);
        return true;
    }

    [GeneratedRegex(@"^memories\[(?<index>\d+)\]\.?(?<rest>.*)$", RegexOptions.Singleline)]
    private static partial Regex MemoryField();
}
