namespace Granary.Server;

/// <summary>The server cannot start for a reason outside its settings; the message says which and what helps.</summary>
internal sealed class StartException(string message, Exception inner) : Exception(message, inner);
