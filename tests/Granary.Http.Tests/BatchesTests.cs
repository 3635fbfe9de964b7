using Granary.Http.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Granary.Http.Tests;

public sealed class BatchesTests
{
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void An_item_given_up_is_an_error_only_while_its_caller_is_there(bool gone, int errors)
    {
        var log = new CountingLogger();
        var context = new DefaultHttpContext { RequestAborted = new CancellationToken(gone) };

        new Batches(log).ProblemOf(context, new OperationCanceledException());

        log.Entries.ShouldBe(errors);
    }

    private sealed class CountingLogger : ILogger<Batches>
    {
        public int Entries { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Entries++;
    }
}
