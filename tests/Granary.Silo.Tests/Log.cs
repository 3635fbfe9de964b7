using Microsoft.Extensions.Logging;

namespace Granary.Silo.Tests;

/// <summary>A log that a test reads.</summary>
internal class Log : ILogger
{
    public List<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add($"{logLevel}: {formatter(state, exception)}");
}

/// <summary>The same, of a category.</summary>
internal sealed class Log<T> : Log, ILogger<T>;
