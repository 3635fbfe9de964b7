using System.CommandLine;
using Granary.Client;

namespace Granary.Sample.Replay.Console;

/// <summary>The options that say where the service is and who calls it.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string[]> _url = new("--url")
    {
        Description = "The service's address; give it again for each further one.",
        DefaultValueFactory = _ => ["http://127.0.0.1:8000"],
        Recursive = true,
    };

    private readonly Option<string?> _key = new("--key") { Description = "A service key, for a server with keys.", Recursive = true };

    private readonly Option<string?> _tenant = new("--tenant") { Description = "The tenant.", Recursive = true };

    public void AddTo(Command command)
    {
        command.Options.Add(_url);
        command.Options.Add(_key);
        command.Options.Add(_tenant);
    }

    /// <summary>A client for what was given, once it is known that a service answers.</summary>
    public async Task<GranaryClient> ConnectAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = new GranaryClientOptions
        {
            // What is no address is refused by the client's own validation, with a message.
            BaseAddresses = [.. parsed.GetValue(_url)!.Select(url => new Uri(url, UriKind.RelativeOrAbsolute))],
            ApiKey = parsed.GetValue(_key),
            TenantId = parsed.GetValue(_tenant),
        };

        // Somebody waits at the screen: a service that is not there is told at once.
        var retries = options.MaxRetries;
        options.MaxRetries = options.BaseAddresses.Count - 1;
        using (var probe = new GranaryClient(options))
            await probe.GetHealthAsync(cancellationToken).ConfigureAwait(false);
        options.MaxRetries = retries;
        return new GranaryClient(options);
    }
}
