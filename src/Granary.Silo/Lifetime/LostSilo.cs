using Orleans.Runtime;

namespace Granary.Silo.Lifetime;

/// <summary>
/// What happens to a process whose silo cannot go on, above all because the others have declared it dead: it ends at once, so that a
/// supervisor starts it anew. Orleans would abort it, which leaves a dump of the memory, and so of conversations, on the disk.
/// </summary>
internal sealed class LostSilo : IFatalErrorHandler
{
    private int _told;

    public bool IsUnexpected(Exception exception) => exception is not ThreadAbortException;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        if (Interlocked.Exchange(ref _told, 1) != 0)
        {
            return;
        }

        var cause = exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})";
        Console.Error.WriteLine($"granary: the silo cannot go on and ends: {context}{cause}".ReplaceLineEndings(" "));
        Console.Error.Flush();

        // On a thread of its own: handlers of the exit must not wait for the scheduler's thread that got here.
        new Thread(static () => Environment.Exit(SiloExitCodes.SiloLost)) { IsBackground = true, Name = "granary-exit" }.Start();
    }
}
