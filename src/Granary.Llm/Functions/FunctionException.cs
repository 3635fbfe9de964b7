namespace Granary.Llm.Functions;

/// <summary>A function cannot do what it is asked; the message is written for the model, which may try again.</summary>
/// <param name="message">Why, and what would do.</param>
/// <param name="innerException">The cause.</param>
public sealed class FunctionException(string message, Exception? innerException = null) : Exception(message, innerException);
