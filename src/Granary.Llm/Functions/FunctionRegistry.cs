using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Granary.Core.Recall;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Functions;

/// <summary>
/// The functions that models may call: .NET methods, and sources such as MCP servers and OpenAPI documents. Safe for several threads.
/// </summary>
public sealed partial class FunctionRegistry
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, AgentFunction> functions = new(StringComparer.Ordinal);
    private readonly List<IFunctionSource> sources = [];
    // Names of which was warned: each list finds them anew.
    private readonly ConcurrentDictionary<(string Source, string Name), byte> told = [];
    private readonly FunctionSearch search;
    private readonly IServiceProvider? services;
    private readonly ILogger logger;

    /// <summary>Makes an empty registry.</summary>
    /// <param name="embedder">Finds functions by meaning; null: by words only.</param>
    /// <param name="services">Where parameters that are services come from.</param>
    /// <param name="logger">Told of sources that fail and names that collide.</param>
    public FunctionRegistry(IEmbedder? embedder = null, IServiceProvider? services = null, ILogger<FunctionRegistry>? logger = null)
    {
        this.logger = logger ?? NullLogger<FunctionRegistry>.Instance;
        this.services = services;
        search = new FunctionSearch(embedder, this.logger);
    }

    /// <summary>Registers a function.</summary>
    /// <exception cref="ArgumentException">Its name is taken.</exception>
    public AgentFunction Add(AgentFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        lock (gate)
        {
            Require(function);
            functions.Add(function.Name, function);
        }

        return function;
    }

    /// <summary>
    /// Registers a delegate. <see cref="System.ComponentModel.DescriptionAttribute"/>s on it and its parameters are for the model; parameters of type
    /// <see cref="CancellationToken"/>, <see cref="Agents.CallingContext"/>, <see cref="FunctionScope"/>, <see cref="IServiceProvider"/> and
    /// services are not shown to it.
    /// </summary>
    /// <param name="function">The delegate; may be asynchronous.</param>
    /// <param name="name">Its name; null for the method's, without <c>Async</c> (or its <see cref="System.ComponentModel.DisplayNameAttribute"/>).</param>
    /// <param name="description">What it does; null for what its attribute says.</param>
    /// <exception cref="ArgumentException">The name is taken or breaks the grammar, or a parameter cannot come from a model.</exception>
    public AgentFunction Add(Delegate function, string? name = null, string? description = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(MethodFunction.Of(function, name, description, services));
    }

    /// <summary>
    /// Registers the public methods that an object's own type declares, all or none: not those of its base types, not those whose name begins with
    /// <c>_</c>, not generic ones, and not those marked <c>[Browsable(false)]</c>.
    /// </summary>
    /// <exception cref="ArgumentException">As for a delegate.</exception>
    public IReadOnlyList<AgentFunction> AddObject(object instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return AddAll(MethodDiscovery.Of(instance.GetType(), instance, services));
    }

    /// <summary>Registers functions, all or none.</summary>
    /// <exception cref="ArgumentException">A name is taken.</exception>
    public IReadOnlyList<AgentFunction> AddAll(IReadOnlyList<AgentFunction> added)
    {
        ArgumentNullException.ThrowIfNull(added);
        lock (gate)
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var function in added)
            {
                Require(function);
                if (!names.Add(function.Name))
                {
                    throw new ArgumentException($"Two of the functions are named '{function.Name}'.", nameof(added));
                }
            }

            foreach (var function in added)
            {
                functions.Add(function.Name, function);
            }
        }

        return added;
    }

    /// <summary>Registers a delegate under a name and makes it ready to be found by meaning at once, not at the first search.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="function">The delegate.</param>
    /// <param name="cancellationToken">Ends the wait for the embedder, not the registration.</param>
    /// <exception cref="ArgumentException">As for a delegate.</exception>
    public async Task<AgentFunction> EmbedFunctionAsync(string name, Delegate function, CancellationToken cancellationToken = default)
    {
        var added = Add(function, name);
        await search.EmbedAsync([added], cancellationToken).ConfigureAwait(false);
        return added;
    }

    /// <summary>Registers a source, whose functions are asked for when they are needed.</summary>
    /// <exception cref="ArgumentException">A source of that name is registered.</exception>
    public void AddSource(IFunctionSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        lock (gate)
        {
            if (sources.Any(other => other.Name == source.Name))
            {
                throw new ArgumentException($"A source named '{source.Name}' is registered already.", nameof(source));
            }

            sources.Add(source);
        }
    }

    /// <summary>
    /// All functions, ordered by name. A source that fails adds none; of two functions of one name, the registered one counts, or the one of the
    /// source that was registered first.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<IReadOnlyList<AgentFunction>> ListAsync(CancellationToken cancellationToken = default)
    {
        Dictionary<string, AgentFunction> all;
        IFunctionSource[] asked;
        lock (gate)
        {
            all = new(functions, StringComparer.Ordinal);
            asked = [.. sources];
        }

        if (asked.Length > 0)
        {
            // At once: one that is slow to fail must not add its time to the others'.
            var lists = await Task.WhenAll(asked.Select(source => ListSourceAsync(source, cancellationToken))).ConfigureAwait(false);
            for (var i = 0; i < lists.Length; i++)
            {
                foreach (var function in lists[i])
                {
                    if (!all.TryAdd(function.Name, function) && told.TryAdd((asked[i].Name, function.Name), 0))
                    {
                        LogNameTaken(function.Name, asked[i].Name);
                    }
                }
            }
        }

        return [.. all.Values.OrderBy(static function => function.Name, StringComparer.Ordinal)];
    }

    /// <summary>A function by its name, or null.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<AgentFunction?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            if (functions.TryGetValue(name, out var known))
            {
                return known;
            }

            if (sources.Count == 0)
            {
                return null;
            }
        }

        var all = await ListAsync(cancellationToken).ConfigureAwait(false);
        return all.FirstOrDefault(function => function.Name == name);
    }

    /// <summary>Calls a function by its name. Never throws but for <paramref name="cancellationToken"/>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="arguments">The arguments as the model wrote them.</param>
    /// <param name="scope">Who calls.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async ValueTask<FunctionResult> InvokeAsync(
        string name, JsonElement arguments, FunctionScope scope, CancellationToken cancellationToken = default)
    {
        var function = await FindAsync(name, cancellationToken).ConfigureAwait(false);
        return function is null
            ? FunctionResult.Failure($"there is no function '{name}'")
            : await function.InvokeAsync(arguments, scope, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The names of the functions that fit a query best, the best first: ranked by words (BM25) and, with an embedder, by meaning, and both ranks fused.
    /// The same query over the same functions gives the same names. An embedder that fails is done without.
    /// </summary>
    /// <param name="query">What is looked for.</param>
    /// <param name="limit">How many names at the most, 1 or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<string>> SearchFunctionsAsync(string query, int limit = 5, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var all = await ListAsync(cancellationToken).ConfigureAwait(false);
        var found = await search.FindAsync(query, all, limit, cancellationToken).ConfigureAwait(false);
        return [.. found.Select(static function => function.Name)];
    }

    private async Task<IReadOnlyList<AgentFunction>> ListSourceAsync(IFunctionSource source, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ListAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogSourceFailed(failure, source.Name);
            return [];
        }
    }

    private void Require(AgentFunction function)
    {
        if (functions.ContainsKey(function.Name))
        {
            throw new ArgumentException($"A function named '{function.Name}' is registered already; give one of them another name.", nameof(function));
        }
    }
}
