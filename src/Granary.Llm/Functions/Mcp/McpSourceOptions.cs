namespace Granary.Llm.Functions.Mcp;

/// <summary>An MCP server (Model Context Protocol) whose tools become functions: a program to start, or an address.</summary>
public sealed class McpSourceOptions
{
    /// <summary>Its name: 1 to 32 letters, digits, <c>_</c> and <c>-</c>, beginning with a letter or <c>_</c>. Its tools are named <c>{name}_{tool}</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The program to start and speak with over its standard input and output; null where there is an <see cref="Endpoint"/>.</summary>
    public string? Command { get; init; }

    /// <summary>The program's arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>
    /// The program's environment variables, beside <c>PATH</c>, <c>HOME</c> and the like. It gets no others of this process, whose keys are none of its
    /// business.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>The program's working folder; null for this process's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The server's address, http or https; null where there is a <see cref="Command"/>.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Headers of each request to the <see cref="Endpoint"/>.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>How long to wait for the connection and the list of tools, above zero; 15 seconds by default.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a call may take, above zero; 60 seconds by default.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How old the list of tools may be where the server says nothing of changes, above zero; 5 minutes by default.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a server that failed is left alone, zero or more; 30 seconds by default.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Characters of a result that a model gets at the most, 1 or more; 16,384 by default.</summary>
    public int MaxResultCharacters { get; init; } = 16_384;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">One is wrong; the message names it and says what would do.</exception>
    internal void Validate()
    {
        if (!FunctionNames.IsValid(Name) || Name.Length > 32)
        {
            throw new ArgumentException($"The MCP server's name '{Name}' must be 1 to 32 of A-Z a-z 0-9 _ and -, beginning with a letter or _.");
        }

        if ((Command is null) == (Endpoint is null))
        {
            throw new ArgumentException($"The MCP server '{Name}' needs either a Command or an Endpoint.");
        }

        if (Endpoint is { } address && address is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            throw new ArgumentException($"The Endpoint of the MCP server '{Name}' must be an absolute http or https address.");
        }

        if (ConnectTimeout <= TimeSpan.Zero || CallTimeout <= TimeSpan.Zero || RefreshInterval <= TimeSpan.Zero || RetryDelay < TimeSpan.Zero)
        {
            throw new ArgumentException($"The times of the MCP server '{Name}' must be above zero.");
        }

        if (MaxResultCharacters < 1)
        {
            throw new ArgumentException($"MaxResultCharacters of the MCP server '{Name}' must be 1 or more.");
        }
    }
}
