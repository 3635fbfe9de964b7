using System.Runtime.ExceptionServices;
using Granary.Llm.Providers;

namespace Granary.Llm.Models;

/// <summary>Asks about the parts of a content and keeps what came of each. A part that gives no value costs only itself.</summary>
/// <param name="ask">Asks about a part, from 0.</param>
/// <param name="count">How many parts there are, 1 or more.</param>
internal sealed class PartAnswers<T>(Func<int, CancellationToken, Task<T>> ask, int count)
    where T : class
{
    private readonly T?[] _values = new T?[count];
    private readonly Exception?[] _failures = new Exception?[count];

    /// <summary>The values there are, in the order of the parts.</summary>
    public IReadOnlyList<T> Values => [.. _values.OfType<T>()];

    /// <summary>The parts that were asked about and gave none.</summary>
    public IReadOnlyList<LostPart> Lost =>
        [.. _failures.Index().Where(static part => part.Item is not null).Select(static part => new LostPart(part.Index + 1, part.Item!.Message))];

    /// <summary>Asks about all parts.</summary>
    /// <param name="concurrency">How many at a time.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <exception cref="ProviderException">None gave a value; the first part's reason.</exception>
    /// <exception cref="FormatException">None gave a value; the first part's reason.</exception>
    public async Task AskAllAsync(int concurrency, CancellationToken cancellationToken)
    {
        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken },
            async (part, token) => await AskAsync(part, token).ConfigureAwait(false)).ConfigureAwait(false);
        if (Array.TrueForAll(_values, static value => value is null))
        {
            ExceptionDispatchInfo.Throw(_failures[0]!);
        }
    }

    /// <summary>Asks about one part after the other until one gives a value.</summary>
    /// <param name="fromEnd">Whether to begin with the last.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <exception cref="ProviderException">None gave a value; the reason of the first that was asked about.</exception>
    /// <exception cref="FormatException">None gave a value; the reason of the first that was asked about.</exception>
    public async Task<T> AskUntilAsync(bool fromEnd, CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            var part = fromEnd ? count - 1 - i : i;
            if (await AskAsync(part, cancellationToken).ConfigureAwait(false) is { } value)
            {
                return value;
            }
        }

        ExceptionDispatchInfo.Throw(_failures[fromEnd ? count - 1 : 0]!);
        return null;
    }

    private async Task<T?> AskAsync(int part, CancellationToken cancellationToken)
    {
        try
        {
            return _values[part] = await ask(part, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ProviderException or FormatException)
        {
            _failures[part] = error;
            return null;
        }
    }
}
