namespace Granary.Providers.Chain;

/// <summary>A chain of memory providers (<c>Granary:Memory:Chain</c>).</summary>
public sealed class ChainOptions
{
    /// <summary>The providers. None: those that have a connection: <c>postgres_primary</c> (priority 10) and <c>mem0_http</c> (priority 20).</summary>
    public IList<ChainProviderOptions> Providers { get; set; } = [];

    /// <summary>The strategy of all operations; null: that of their rules.</summary>
    public FailoverStrategy? Strategy { get; set; }

    /// <summary>Rules that differ from the usual ones, by operation: remember, recall, get, delete, list, erase, health_check.</summary>
    public IDictionary<string, FailoverRuleOptions> Rules { get; set; } = new Dictionary<string, FailoverRuleOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Failures in a row after which a provider is left alone, 1 to 1,000.</summary>
    public int BreakerFailures { get; set; } = 5;

    /// <summary>Seconds that it is left alone, 1 to 86,400.</summary>
    public int BreakerSeconds { get; set; } = 300;

    internal IEnumerable<string> Problems(string path)
    {
        if (BreakerFailures is < 1 or > 1_000)
        {
            yield return $"{path}:BreakerFailures must be a whole number from 1 to 1000.";
        }

        if (BreakerSeconds is < 1 or > 86_400)
        {
            yield return $"{path}:BreakerSeconds must be a whole number from 1 to 86400.";
        }

        if (Strategy is { } strategy && !Enum.IsDefined(strategy))
        {
            yield return $"{path}:Strategy must be one of {string.Join(", ", Enum.GetNames<FailoverStrategy>())}.";
        }

        foreach (var (name, rule) in Rules)
        {
            if (OperationOf(name) is null)
            {
                yield return $"{path}:Rules:{name} is no operation: remove it, or use one of {string.Join(", ", Enum.GetNames<MemoryOperation>())}.";
            }

            foreach (var problem in rule.Problems($"{path}:Rules:{name}"))
            {
                yield return problem;
            }
        }
    }

    /// <summary>The rules of all operations.</summary>
    internal IReadOnlyDictionary<MemoryOperation, FailoverRule> RulesOfAll() => Enum.GetValues<MemoryOperation>().ToDictionary(operation => operation, operation =>
    {
        var rule = FailoverRule.DefaultOf(operation) is var usual && Strategy is { } strategy ? usual with { Strategy = strategy } : usual;
        var own = Rules.FirstOrDefault(named => OperationOf(named.Key) == operation).Value;
        return own is null ? rule : rule with
        {
            Strategy = own.Strategy ?? rule.Strategy,
            Attempts = own.Attempts ?? rule.Attempts,
            RetryDelay = own.RetryDelayMs is { } delay ? TimeSpan.FromMilliseconds(delay) : rule.RetryDelay,
            Timeout = own.TimeoutMs is { } timeout ? TimeSpan.FromMilliseconds(timeout) : rule.Timeout,
        };
    });

    private static MemoryOperation? OperationOf(string name) =>
        Enum.TryParse<MemoryOperation>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var operation) && Enum.IsDefined(operation)
            && !char.IsAsciiDigit(name[0])
            ? operation
            : null;
}

/// <summary>A provider of a chain (<c>Granary:Memory:Chain:Providers:{n}</c>).</summary>
public sealed class ChainProviderOptions
{
    /// <summary>Its name, by <see cref="Ids"/>; unique in the chain.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its connection: native, postgres, mem0, mock, or one of <c>Granary:Memory:Connections</c>. Null: as the name.</summary>
    public string? Connection { get; set; }

    /// <inheritdoc cref="ProviderEntry.Priority"/>
    public int Priority { get; set; } = 100;

    /// <inheritdoc cref="ProviderEntry.Enabled"/>
    public bool Enabled { get; set; } = true;

    /// <inheritdoc cref="ProviderEntry.HealthCheckInterval"/>
    public int HealthCheckInterval { get; set; } = 30;

    /// <inheritdoc cref="ProviderEntry.Timeout"/>
    public int Timeout { get; set; } = 30;

    /// <inheritdoc cref="ProviderEntry.RetryAttempts"/>
    public int RetryAttempts { get; set; } = 3;
}

/// <summary>What of a rule differs from the usual one (<c>Granary:Memory:Chain:Rules:{operation}</c>); null is as usual.</summary>
public sealed class FailoverRuleOptions
{
    /// <inheritdoc cref="FailoverRule.Strategy"/>
    public FailoverStrategy? Strategy { get; set; }

    /// <summary>How often one provider is tried before the next, 1 to 10.</summary>
    public int? Attempts { get; set; }

    /// <summary>Milliseconds before the same provider is tried again, 0 to 60,000.</summary>
    public int? RetryDelayMs { get; set; }

    /// <summary>Milliseconds that one try may take, 10 to 600,000.</summary>
    public int? TimeoutMs { get; set; }

    internal IEnumerable<string> Problems(string path)
    {
        if (Strategy is { } strategy && !Enum.IsDefined(strategy))
        {
            yield return $"{path}:Strategy must be one of {string.Join(", ", Enum.GetNames<FailoverStrategy>())}.";
        }

        if (Attempts is < 1 or > 10)
        {
            yield return $"{path}:Attempts must be a whole number from 1 to 10.";
        }

        if (RetryDelayMs is < 0 or > 60_000)
        {
            yield return $"{path}:RetryDelayMs must be a whole number from 0 to 60000.";
        }

        if (TimeoutMs is < 10 or > 600_000)
        {
            yield return $"{path}:TimeoutMs must be a whole number from 10 to 600000.";
        }
    }
}
