using System.Runtime.ExceptionServices;

namespace Granary.Hosting;

/// <summary>What an executable puts beneath the HTTP API.</summary>
internal abstract class MemoryHost
{
    /// <summary>How long a stop may take in all.</summary>
    public virtual TimeSpan StopTimeout => TimeSpan.FromSeconds(30);

    /// <summary>Adds the <see cref="IMemoryCluster"/> and what it needs. What is a hosted service here starts before the HTTP server and stops after it.</summary>
    public abstract void Add(WebApplicationBuilder builder);

    /// <summary>Adds what a request passes before it comes to the API.</summary>
    public virtual void MapFirst(WebApplication app)
    {
    }

    /// <summary>Adds what the application has besides the API, and what a request passes that the API has admitted.</summary>
    public virtual void Map(WebApplication app)
    {
    }

    /// <summary>Does what must be done before the services start.</summary>
    public virtual Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What is printed at the start, after where the server listens: a line each.</summary>
    public abstract IEnumerable<string> Describe(IServiceProvider services);

    /// <summary>Why a start failed, for an error that only this host understands; null for any other.</summary>
    public virtual StartException? Explain(Exception error) => null;

    /// <summary>What the stop came to.</summary>
    /// <param name="failure">What was thrown on the way, if anything.</param>
    /// <param name="error">Where to tell what went wrong.</param>
    /// <returns>The exit code.</returns>
    public virtual int Outcome(Exception? failure, TextWriter error)
    {
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return ExitCodes.Ok;
    }
}
