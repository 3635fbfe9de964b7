namespace Granary.Providers.Mem0;

/// <summary>Where the service of a <see cref="Mem0MemoryProvider"/> is, what is shown to it, and how long it may take.</summary>
public sealed class Mem0ProviderOptions
{
    /// <summary>The provider's name, by <see cref="Ids"/>. Default <c>http</c>.</summary>
    public string Name { get; set; } = "http";

    /// <summary>The service's address, http or https, to which <c>/v1/memories/</c> and the like are added. Default <c>http://localhost:8001</c>.</summary>
    public string BaseUrl { get; set; } = "http://localhost:8001";

    /// <summary>The service's key, sent as <c>Authorization</c>, or null for none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>How the key is sent. Default <see cref="Mem0KeyScheme.Bearer"/>; mem0's own services and Granary take <see cref="Mem0KeyScheme.Token"/> too.</summary>
    public Mem0KeyScheme KeyScheme { get; set; } = Mem0KeyScheme.Bearer;

    /// <summary>A secret shared with the service, with which calls are signed (HMAC-SHA256), or null for none.</summary>
    public string? HmacSecret { get; set; }

    /// <summary>How calls are signed where there is a secret. Default <see cref="Mem0Signature.Timestamp"/>.</summary>
    public Mem0Signature Signature { get; set; } = Mem0Signature.Timestamp;

    /// <summary>Which routes the service has. Default <see cref="Mem0Api.Auto"/>: found out by the first call.</summary>
    public Mem0Api Api { get; set; } = Mem0Api.Auto;

    /// <summary>
    /// Whether the agent of a memory is also sent as <c>agent_id</c>. Null, the default, for yes, but for mem0's own platform (<c>mem0.ai</c>): it keeps
    /// one copy for the user and another for the agent, and the latter would outlive an erasure of the user.
    /// </summary>
    public bool? SendAgentIds { get; set; }

    /// <summary>How long the service may take for one request, 100 milliseconds to 10 minutes. Default 30 seconds.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a memory is waited for that the service took and works on (<c>PENDING</c>), and an erasure, 0 to 10 minutes. Default 20 seconds.
    /// </summary>
    public TimeSpan PendingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Bytes of an answer that are read at the most, 1,024 to 268,435,456 (256 MiB). Default 16 MiB.</summary>
    public int MaxResponseBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>What is wrong with these options, or null: names the setting and the fix. Tells no secret.</summary>
    internal string? Problem() => this switch
    {
        _ when !Ids.IsValid(Name) => $"Name {Ids.Rule}.",
        _ when !Uri.TryCreate(BaseUrl, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") =>
            "BaseUrl is not the address of a service: set it to, for example, http://localhost:8001.",
        _ when new Uri(BaseUrl) is var address && (address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0) =>
            "BaseUrl holds more than an address: leave out user, password, query and fragment; a key belongs in ApiKey.",
        _ when ApiKey is not null && !IsHeaderText(ApiKey) => "ApiKey is empty or holds characters that a header cannot carry: set it to the key, or leave it out.",
        { HmacSecret: "" } => "HmacSecret is empty: set it to the secret, or leave it out.",
        _ when !Enum.IsDefined(KeyScheme) => $"KeyScheme is {KeyScheme}: set it to Token or Bearer.",
        _ when !Enum.IsDefined(Signature) => $"Signature is {Signature}: set it to Timestamp or User.",
        _ when !Enum.IsDefined(Api) => $"Api is {Api}: set it to Auto, V1 or V3.",
        _ when Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromMinutes(10) => $"Timeout is {Timeout}: set it to 100 milliseconds to 10 minutes.",
        _ when PendingTimeout < TimeSpan.Zero || PendingTimeout > TimeSpan.FromMinutes(10) => $"PendingTimeout is {PendingTimeout}: set it to 0 to 10 minutes.",
        { MaxResponseBytes: < 1_024 or > 256 * 1024 * 1024 } => $"MaxResponseBytes is {MaxResponseBytes}: set it to 1024 to 268435456.",
        _ => null,
    };

    /// <summary>Whether agents are sent as <c>agent_id</c>.</summary>
    internal bool SendsAgentIds =>
        SendAgentIds ?? !(new Uri(BaseUrl).Host is var host && (host == "mem0.ai" || host.EndsWith(".mem0.ai", StringComparison.OrdinalIgnoreCase)));

    private static bool IsHeaderText(string text) => text.Length > 0 && text.All(c => c is > ' ' and < '\u007f');
}

/// <summary>How a key stands in the <c>Authorization</c> header.</summary>
public enum Mem0KeyScheme
{
    /// <summary><c>Authorization: Bearer key</c>.</summary>
    Bearer,

    /// <summary><c>Authorization: Token key</c>.</summary>
    Token,
}

/// <summary>How calls are signed.</summary>
public enum Mem0Signature
{
    /// <summary>
    /// <c>{seconds since 1970}:{hex HMAC-SHA256(secret, the same seconds)}</c> as the bearer token, or as <c>X-Signature</c> beside a key; the user in
    /// <c>X-User-Id</c>. The service takes it for 300 seconds.
    /// </summary>
    Timestamp,

    /// <summary>
    /// <c>X-User-Context: user</c> and <c>X-Signature</c> = hex HMAC-SHA256(secret, <c>user:{user}</c>). For older services: whoever sees one such
    /// request can repeat it, and make others, for that user for ever.
    /// </summary>
    User,
}

/// <summary>Routes of mem0-like services.</summary>
public enum Mem0Api
{
    /// <summary>The newer where the service has them.</summary>
    Auto,

    /// <summary><c>/v1/memories/</c> and <c>/v1/memories/search/</c>.</summary>
    V1,

    /// <summary><c>/v3/memories/add/</c>, <c>/v3/memories/search/</c> and <c>/v3/memories/</c>.</summary>
    V3,
}
