using System.Text.Json;

namespace Granary.Llm.Functions;

/// <summary>A function that a model may call.</summary>
public abstract class AgentFunction
{
    private protected AgentFunction(string name, string description, JsonElement parameters)
    {
        Name = FunctionNames.Require(name);
        Description = description;
        Parameters = parameters;
    }

    /// <summary>Its name: 1 to 64 letters, digits, <c>_</c> and <c>-</c>, beginning with a letter or <c>_</c>, which every provider takes.</summary>
    public string Name { get; }

    /// <summary>What it does, for the model.</summary>
    public string Description { get; }

    /// <summary>Its arguments as JSON Schema, an object.</summary>
    public JsonElement Parameters { get; }

    /// <summary>The same on every machine for one name.</summary>
    public Guid Id => NameBasedId.Create("proxy." + Name);

    /// <summary>The function as a model sees it.</summary>
    public ToolDefinition Definition => new(Name, Description, Parameters);

    /// <summary>The words to find it by, made when first asked for.</summary>
    internal FunctionTerms Terms => field ??= FunctionTerms.Of(this);

    /// <summary>
    /// Calls the function. Never throws but for <paramref name="cancellationToken"/>: what goes wrong is a result for the model to read.
    /// </summary>
    /// <param name="arguments">The arguments as the model wrote them; anything but an object is refused.</param>
    /// <param name="scope">Who calls.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async ValueTask<FunctionResult> InvokeAsync(JsonElement arguments, FunctionScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scope);
        if (arguments.ValueKind != JsonValueKind.Object)
        {
            return FunctionResult.Failure("the arguments must be a JSON object");
        }

        try
        {
            return new FunctionResult(await InvokeCoreAsync(arguments, scope, cancellationToken).ConfigureAwait(false), IsError: false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure)
        {
            return FunctionResult.Failure(failure.Message);
        }
    }

    /// <summary>Calls the function.</summary>
    /// <returns>The result, as text for the model.</returns>
    /// <exception cref="Exception">Any: its message goes to the model.</exception>
    private protected abstract ValueTask<string> InvokeCoreAsync(JsonElement arguments, FunctionScope scope, CancellationToken cancellationToken);
}
