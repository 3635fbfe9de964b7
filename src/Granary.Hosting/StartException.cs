namespace Granary.Hosting;

/// <summary>The program cannot start for a reason outside its settings; the message says which and what helps.</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the same start may well succeed at the next try.</summary>
    public bool MayRepeat { get; init; }
}
