using Granary.Llm.Functions.Mcp;

namespace Granary.Llm.Functions.Settings;

/// <summary>Settings of an MCP server whose tools become functions (<c>Granary:Functions:Mcp:{name}</c>).</summary>
internal sealed class McpSettings
{
    /// <summary>The program to start and speak with over its standard input and output; either this or <see cref="Url"/>.</summary>
    public string? Command { get; set; }

    /// <summary>The program's arguments.</summary>
    public IList<string> Args { get; set; } = [];

    /// <summary>The program's environment variables, beside <c>PATH</c>, <c>HOME</c> and the like; keys of the program belong here.</summary>
    public IDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    /// <summary>The program's working folder; by default this process's.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>The server's address; either this or <see cref="Command"/>.</summary>
    public string? Url { get; set; }

    /// <summary>Headers of each request to <see cref="Url"/>, such as <c>Authorization</c>.</summary>
    public IDictionary<string, string> Headers { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Seconds to wait for the connection and the list of tools, above 0 up to 3,600.</summary>
    public double ConnectTimeoutSeconds { get; set; } = 15;

    /// <summary>Seconds that a call may take, above 0 up to 3,600.</summary>
    public double CallTimeoutSeconds { get; set; } = 60;

    /// <summary>Whether it is used.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>What is wrong, each with the setting's name and the fix; no value of a header or a variable is told.</summary>
    /// <param name="path">The section.</param>
    public IEnumerable<string> Validate(string path)
    {
        if (string.IsNullOrWhiteSpace(Command) == string.IsNullOrWhiteSpace(Url))
        {
            yield return $"{path} needs either Command, the program to start, or Url, the server's address, and not both.";
        }

        if (SettingRules.Address($"{path}:{nameof(Url)}", Url) is { } wrong)
        {
            yield return wrong;
        }

        if (string.IsNullOrWhiteSpace(Command) && (Args.Count > 0 || Environment.Count > 0 || WorkingDirectory is not null))
        {
            yield return $"{path}: Args, Environment and WorkingDirectory are a program's; set Command, or remove them.";
        }

        if (string.IsNullOrWhiteSpace(Url) && Headers.Count > 0)
        {
            yield return $"{path}:Headers are of requests to an address; set Url, or hand keys to the program in Environment.";
        }

        foreach (var failure in SettingRules.Headers(path, Headers)
            .Concat(SettingRules.Seconds(path, (nameof(ConnectTimeoutSeconds), ConnectTimeoutSeconds), (nameof(CallTimeoutSeconds), CallTimeoutSeconds))))
        {
            yield return failure;
        }
    }

    /// <summary>The source.</summary>
    public McpSourceOptions ToOptions(string name) => new()
    {
        Name = name,
        Command = string.IsNullOrWhiteSpace(Command) ? null : Command.Trim(),
        Arguments = [.. Args],
        Environment = Environment.ToDictionary(static item => item.Key, static item => (string?)item.Value),
        WorkingDirectory = WorkingDirectory,
        Endpoint = string.IsNullOrWhiteSpace(Url) ? null : new Uri(Url.Trim()),
        Headers = Headers.ToDictionary(StringComparer.OrdinalIgnoreCase),
        ConnectTimeout = TimeSpan.FromSeconds(ConnectTimeoutSeconds),
        CallTimeout = TimeSpan.FromSeconds(CallTimeoutSeconds),
    };
}
