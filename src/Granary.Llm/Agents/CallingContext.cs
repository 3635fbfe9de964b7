using System.Globalization;

namespace Granary.Llm.Agents;

/// <summary>Who asks, in which session, and how: what goes with a question through the agent's loop and the proxy. Immutable.</summary>
/// <remarks>
/// <see cref="TenantId"/> and <see cref="UserId"/> may have come from headers, which prove nothing. Where a caller proved who it is,
/// <see cref="WithCredential"/> is to be applied before anything is read or stored.
/// </remarks>
public sealed record CallingContext
{
    /// <summary>The model of callers that name none.</summary>
    public const string DefaultModel = "gpt-4o";

    /// <summary>The temperature of callers that send headers without one.</summary>
    public const double HeaderTemperature = 0.7;

    /// <summary>The tenant.</summary>
    public string TenantId { get; init; } = Ids.DefaultTenant;

    /// <summary>The user; null where nobody named one.</summary>
    public string? UserId { get; init; }

    /// <summary>The user's name, for people.</summary>
    public string? Username { get; init; }

    /// <summary>The session (also called thread); null where nobody named one.</summary>
    public string? SessionId { get; init; }

    /// <summary>The agent; null where nobody named one.</summary>
    public string? AgentId { get; init; }

    /// <summary>The caller's own id of the chat.</summary>
    public string? ChatId { get; init; }

    /// <summary>What the session is about, in the caller's words; <see cref="MemoryProxy"/> tells the model.</summary>
    public string? SessionContext { get; init; }

    /// <summary>What kind of session it is: <c>chat</c>, <c>api</c>, <c>batch</c>, …</summary>
    public string? SessionType { get; init; }

    /// <summary>The caller's own id of a moment that the question is about.</summary>
    public string? MomentId { get; init; }

    /// <summary>The channel that the question came through.</summary>
    public string? ChannelContext { get; init; }

    /// <summary>The channel's own time mark of the question.</summary>
    public string? ChannelTs { get; init; }

    /// <summary>A plan for the agent to follow; <see cref="MemoryProxy"/> tells the model.</summary>
    public string? Plan { get; init; }

    /// <summary>The model to ask.</summary>
    public string Model { get; init; } = DefaultModel;

    /// <summary>Randomness, 0 to 2; null for the provider's default.</summary>
    public double? Temperature { get; init; } = 0;

    /// <summary>Tokens that an answer may have, 1 or more; null for the provider's default.</summary>
    public int? MaxTokens { get; init; } = 4_000;

    /// <summary>How often the model may be asked at the most, 1 or more, where that is less than the loop's own limit; null for that limit.</summary>
    public int? MaxIterations { get; init; }

    /// <summary>Whether the answer shall be JSON where no form of it is given.</summary>
    public bool PreferJson { get; init; }

    /// <summary>The form of the answer; null for the agent's.</summary>
    public ResponseFormat? ResponseModel { get; init; }

    /// <summary>Whether the caller wants the answer in pieces.</summary>
    public bool PrefersStreaming { get; init; }

    /// <summary>Whether the caller wants pieces and the whole answer.</summary>
    public bool IsHybridStreaming { get; init; }

    /// <summary>Whether the answer is given in pieces: the caller wants it, or listens.</summary>
    public bool IsStreaming => PrefersStreaming || StreamingCallback is not null;

    /// <summary>
    /// Addresses of files that belong to the question (absolute or <c>data:</c>); <see cref="MemoryProxy"/> sends them with it, each as what its address
    /// says that it is. What a model cannot take is named to it.
    /// </summary>
    public IReadOnlyList<string> FileUris { get; init; } = [];

    /// <summary>What was said before; put between the system prompt and the question.</summary>
    public IReadOnlyList<ModelMessage> Messages { get; init; } = [];

    /// <summary>Every <c>X-*</c> header of the call, by name without regard to case. May hold credentials: not for logs or prompts.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = Empty;

    /// <summary>The services of the call's scope, where functions' parameters that are services come from; null for those that they were registered with.</summary>
    public IServiceProvider? Services { get; init; }

    /// <summary>Told of each event of the loop, in order; its failures are logged and change nothing.</summary>
    public Func<ProxyEvent, CancellationToken, ValueTask>? StreamingCallback { get; init; }

    /// <summary>Told of the final answer; its failures are logged and change nothing.</summary>
    public Func<string, CancellationToken, ValueTask>? ResponseCallback { get; init; }

    private static readonly IReadOnlyDictionary<string, string> Empty = new Dictionary<string, string>();

    /// <summary>Reads a context from headers, whose names are compared without regard to case; a header without text counts as absent.</summary>
    /// <param name="headers">The headers; the first of several with one name counts.</param>
    /// <param name="overrides">What is set whatever the headers say.</param>
    /// <param name="defaults">
    /// What holds where the headers say nothing, as for what a body says; null for model <see cref="DefaultModel"/>, temperature
    /// <see cref="HeaderTemperature"/> and no limit of tokens.
    /// </param>
    /// <exception cref="InvalidRequestException"><c>X-Temperature</c> or <c>X-Max-Tokens</c> is no number in its range.</exception>
    public static CallingContext FromHeaders(
        IEnumerable<KeyValuePair<string, string>> headers,
        Func<CallingContext, CallingContext>? overrides = null,
        CallingContext? defaults = null)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers)
        {
            if (name.StartsWith("X-", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrWhiteSpace(value))
            {
                found.TryAdd(name, value.Trim());
            }
        }

        var rest = defaults ?? new CallingContext { Temperature = HeaderTemperature, MaxTokens = null };
        var context = rest with
        {
            TenantId = found.GetValueOrDefault("X-Tenant-ID", rest.TenantId),
            UserId = found.GetValueOrDefault("X-User-ID") ?? rest.UserId,
            Username = found.GetValueOrDefault("X-Username") ?? rest.Username,
            SessionId = found.GetValueOrDefault("X-Session-ID") ?? found.GetValueOrDefault("X-Thread-ID") ?? rest.SessionId,
            AgentId = found.GetValueOrDefault("X-Agent-ID") ?? rest.AgentId,
            ChatId = found.GetValueOrDefault("X-Chat-ID") ?? rest.ChatId,
            ChannelContext = found.GetValueOrDefault("X-Channel-ID") ?? rest.ChannelContext,
            ChannelTs = found.GetValueOrDefault("X-Channel-TS") ?? rest.ChannelTs,
            MomentId = found.GetValueOrDefault("X-Moment-Id") ?? rest.MomentId,
            Model = found.GetValueOrDefault("X-Model-Name", rest.Model),
            Temperature = ReadTemperature(found) ?? rest.Temperature,
            MaxTokens = ReadMaxTokens(found) ?? rest.MaxTokens,
            Headers = found,
        };

        return overrides is null ? context : overrides(context);
    }

    /// <summary>The context of a caller that proved who it is: what headers or bodies say of tenant and user no longer counts.</summary>
    /// <param name="tenant">The tenant that the credential is bound to.</param>
    /// <param name="user">The user that it is bound to; null for a credential that may name any user of the tenant.</param>
    public CallingContext WithCredential(string tenant, string? user = null) => this with { TenantId = tenant, UserId = user ?? UserId };

    /// <summary>The user as a key; null where nobody named one.</summary>
    /// <exception cref="InvalidRequestException">An id breaks the grammar.</exception>
    public UserKey? ToUserKey() => UserId is null ? null : new UserKey(TenantId, UserId).Validated();

    /// <summary>The session as a key; null where nobody named the user or the session.</summary>
    /// <exception cref="InvalidRequestException">An id breaks the grammar.</exception>
    public SessionKey? ToSessionKey() => UserId is null || SessionId is null ? null : new SessionKey(TenantId, UserId, SessionId).Validated();

    private static double? ReadTemperature(Dictionary<string, string> headers)
    {
        const string name = "X-Temperature";
        if (!headers.TryGetValue(name, out var text))
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 2
            ? value
            : throw new InvalidRequestException(name, "must be a number from 0 to 2");
    }

    private static int? ReadMaxTokens(Dictionary<string, string> headers)
    {
        const string name = "X-Max-Tokens";
        if (!headers.TryGetValue(name, out var text))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= 1
            ? value
            : throw new InvalidRequestException(name, "must be a whole number of 1 or more");
    }
}
