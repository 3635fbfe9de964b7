namespace Granary.Hosting;

/// <summary>The program cannot start for a reason outside its settings; the message says which and what helps.</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
