namespace Granary.Llm.Providers;

/// <summary>Settings of a provider of language models (<c>Granary:Providers:{name}</c>).</summary>
public sealed class ProviderOptions
{
    /// <summary>What its API is like; by default the name of the section where that is a kind (<c>openai</c>, <c>anthropic</c>, …).</summary>
    public ProviderKind? Kind { get; set; }

    /// <summary>Whether it is used.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Its key; without one the caller's own credential is passed on.</summary>
    public string? Key { get; set; }

    /// <summary>
    /// Its base address, with or without <c>/v1</c>; by default the provider's own. Azure: the resource's endpoint. Required for Azure and for
    /// <see cref="ProviderKind.Compatible"/>.
    /// </summary>
    public string? BaseUrl { get; set; }

    /// <summary>Seconds until an answer begins (its status and headers), for each try; above 0 up to 3,600.</summary>
    public double TimeoutSeconds { get; set; } = 60;

    /// <summary>
    /// Seconds until a chat whose answer comes whole is answered to its last byte, for each try; above 0 up to 3,600. Such an answer begins only when
    /// the model is done.
    /// </summary>
    public double WholeAnswerTimeoutSeconds { get; set; } = 600;

    /// <summary>
    /// Seconds that an answer which has begun may be silent between two pieces before it counts as broken; above 0 up to 3,600. Models that reason
    /// are silent for minutes. A silent provider is a failure that opens the circuit.
    /// </summary>
    public double IdleTimeoutSeconds { get; set; } = 300;

    /// <summary>How often a call is repeated after 429, 408, a status of 500 and above, or a lost connection; 0 to 10.</summary>
    public int Retries { get; set; } = 2;

    /// <summary>
    /// The longest wait before a repeat in seconds, above 0 up to 300. Where the provider asks for a longer one, the call is not repeated and its
    /// answer, with <c>Retry-After</c>, is the call's.
    /// </summary>
    public double MaxRetryDelaySeconds { get; set; } = 30;

    /// <summary>Calls that may be under way at a time, 1 to 100,000; further ones wait up to <see cref="TimeoutSeconds"/>. A stream counts until its end.</summary>
    public int MaxConcurrentCalls { get; set; } = 10_000;

    /// <summary>The share of tries that must fail for the circuit to open, above 0 up to 1. Statuses below 500 are no failures.</summary>
    public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>Tries within the window below which the circuit stays closed, 2 or more.</summary>
    public int BreakerMinimumCalls { get; set; } = 10;

    /// <summary>The window in which tries are counted, in seconds, 1 to 3,600.</summary>
    public double BreakerWindowSeconds { get; set; } = 30;

    /// <summary>Seconds that an open circuit refuses calls before it lets one try, 1 to 3,600.</summary>
    public double BreakerPauseSeconds { get; set; } = 15;

    /// <summary>Where several providers have a model: their order, the lowest first.</summary>
    public int FallbackOrder { get; set; }

    /// <summary>
    /// The models that it has, by name or by how the name begins (<c>llama*</c>; <c>*</c> for all); none: those of its kind (<c>gpt-*</c> and
    /// <c>o1</c> to <c>o9</c> of OpenAI and Azure, <c>claude-*</c>, <c>gemini-*</c>, …), and of Ollama and compatible servers those that the
    /// catalogue or the caller names with it.
    /// </summary>
    public IList<string> Models { get; set; } = [];

    /// <summary>
    /// OpenAI and compatible servers: whether the <c>reasoning_effort</c> of a chat is passed on. True: as the caller wrote it, whatever the model's name;
    /// false: never, for servers that refuse the field; by default to models that are known to take it, in words that they take.
    /// </summary>
    public bool? PassReasoningEffort { get; set; }

    /// <summary>Azure: the deployment for all chats; by default the model's name.</summary>
    public string? Deployment { get; set; }

    /// <summary>Azure: the deployment of a model, by the model's name.</summary>
    public IDictionary<string, string> Deployments { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Azure: the version of its API.</summary>
    public string ApiVersion { get; set; } = "2024-10-21";

    /// <summary>Further headers of every call, such as <c>OpenAI-Organization</c>; none that carries a key, which is <see cref="Key"/>'s place.</summary>
    public IDictionary<string, string> Headers { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong, each with the setting's name and the fix.</summary>
    /// <param name="path">The section.</param>
    internal IEnumerable<string> Validate(string path)
    {
        if (Kind is null)
        {
            yield return $"{path}:Kind is required where the name is none: write openai, azure, anthropic, gemini, mistral, ollama or compatible.";
        }
        else if (!Enum.IsDefined(Kind.Value))
        {
            yield return $"{path}:Kind must be openai, azure, anthropic, gemini, mistral, ollama or compatible.";
        }

        if (BaseUrl is null && Kind is ProviderKind.Azure or ProviderKind.Compatible)
        {
            yield return Kind == ProviderKind.Azure
                ? $"{path}:BaseUrl (AZURE_OPENAI_ENDPOINT) is required: the resource's endpoint, such as https://NAME.openai.azure.com."
                : $"{path}:BaseUrl is required: the server's address, such as http://127.0.0.1:8080/v1.";
        }

        if (BaseUrl is not null && (!Uri.TryCreate(BaseUrl, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")
            || address.Query.Length > 0 || address.Fragment.Length > 0 || address.UserInfo.Length > 0))
        {
            yield return $"{path}:BaseUrl must be an address that begins with http:// or https:// and has no user, query or fragment.";
        }

        if (Key is not null && Key.Any(c => c is <= ' ' or > '~'))
        {
            yield return $"{path}:Key has characters that no key has; write it without quotes, blanks and line breaks.";
        }

        foreach (var (name, value) in new (string, double)[]
        {
            (nameof(TimeoutSeconds), TimeoutSeconds), (nameof(WholeAnswerTimeoutSeconds), WholeAnswerTimeoutSeconds), (nameof(IdleTimeoutSeconds), IdleTimeoutSeconds),
        })
        {
            if (value is not (> 0 and <= 3_600))
            {
                yield return $"{path}:{name} must be above 0 and at most 3600.";
            }
        }

        if (Retries is < 0 or > 10)
        {
            yield return $"{path}:Retries must be 0 to 10.";
        }

        if (MaxRetryDelaySeconds is not (> 0 and <= 300))
        {
            yield return $"{path}:MaxRetryDelaySeconds must be above 0 and at most 300.";
        }

        if (MaxConcurrentCalls is < 1 or > 100_000)
        {
            yield return $"{path}:MaxConcurrentCalls must be 1 to 100000.";
        }

        if (BreakerFailureRatio is not (> 0 and <= 1))
        {
            yield return $"{path}:BreakerFailureRatio must be above 0 and at most 1.";
        }

        if (BreakerMinimumCalls < 2)
        {
            yield return $"{path}:BreakerMinimumCalls must be 2 or more.";
        }

        foreach (var (name, value) in new (string, double)[]
        {
            (nameof(BreakerWindowSeconds), BreakerWindowSeconds), (nameof(BreakerPauseSeconds), BreakerPauseSeconds),
        })
        {
            if (value is not (>= 1 and <= 3_600))
            {
                yield return $"{path}:{name} must be 1 to 3600.";
            }
        }

        foreach (var model in Models.Where(model => model.AsSpan(0, Math.Max(0, model.Length - 1)).Contains('*') || string.IsNullOrWhiteSpace(model)))
        {
            yield return $"{path}:Models has '{model}'; write a model's name, or how names begin and a * at the end.";
        }

        foreach (var (name, value) in Headers)
        {
            if (ProviderHeaders.IsOurs(name))
            {
                yield return $"{path}:Headers:{name} is a header that the provider's client sets itself; remove it. A key belongs into {path}:Key.";
            }
            else if (!ProviderHeaders.IsName(name))
            {
                yield return $"{path}:Headers has '{name}', which is no name of a header; write letters, digits and '-'.";
            }
            else if (value is null || !ProviderHeaders.IsValue(value))
            {
                yield return $"{path}:Headers:{name} must have a value of printable ASCII characters on one line.";
            }
        }

        if (string.IsNullOrWhiteSpace(ApiVersion))
        {
            yield return $"{path}:ApiVersion must not be empty; remove it for the usual version.";
        }

        foreach (var (model, _) in Deployments.Where(item => string.IsNullOrWhiteSpace(item.Value)))
        {
            yield return $"{path}:Deployments:{model} must be the name of a deployment.";
        }

        if (PassReasoningEffort is not null && Kind is not (ProviderKind.OpenAI or ProviderKind.Azure or ProviderKind.Compatible or null))
        {
            yield return $"{path}:PassReasoningEffort is for the kinds openai, azure and compatible; remove it: other kinds have words of their own.";
        }

        if (Kind is not (ProviderKind.Azure or null) && (Deployment is not null || Deployments.Count > 0))
        {
            yield return $"{path}: only a provider of the kind azure has deployments; remove Deployment and Deployments, or set Kind to azure.";
        }
    }
}
