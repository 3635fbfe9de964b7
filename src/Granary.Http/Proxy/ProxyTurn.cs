using System.Globalization;
using Granary.Llm;
using Granary.Llm.Requests;

namespace Granary.Http.Proxy;

/// <summary>A turn of a session on its way through the proxy: knows what is to be stored once the model has answered.</summary>
internal sealed class ProxyTurn
{
    /// <summary>How often others may come between reading the session and storing the turn.</summary>
    private const int MaxAttempts = 32;

    private readonly ISessionMemory _session;
    private readonly ProxyScope _scope;
    private readonly string? _clientKey;
    private readonly Redactors _redactors;
    private Conversation _sent;
    private SessionContext? _context;
    private bool _storesOlder;

    private ProxyTurn(ISessionMemory session, ProxyScope scope, Conversation sent, string? clientKey, SessionContext? context, Redactors redactors)
    {
        (_session, _scope, _sent, _clientKey, _context, _redactors) = (session, scope, sent, clientKey, context, redactors);
        LastSequence = context?.LastSequence ?? 0;
    }

    public string SessionId => _session.Key.Session;

    /// <summary>The session's last sequence when the call began.</summary>
    public long LastSequence { get; }

    /// <summary>What the session knew when the call began; null if it does not exist, or was handed over.</summary>
    public SessionContext? Context => _context;

    /// <summary>What the request means to the session as it was when the call began.</summary>
    public MergedTranscript Merge() => Merge(_context);

    /// <summary>Reads the session and refuses what could not be stored, before a model is asked.</summary>
    /// <exception cref="ConflictException">The session is completed.</exception>
    /// <exception cref="ErasedException">It was erased.</exception>
    /// <exception cref="AccessDeniedException">It is read-only.</exception>
    public static async Task<ProxyTurn> BeginAsync(
        IMemoryCluster cluster,
        SessionKey key,
        ProxyScope scope,
        Conversation sent,
        string? clientKey,
        int maxTokens,
        Redactors redactors,
        CancellationToken cancellationToken)
    {
        var session = cluster.Session(key);
        var context = await ReadAsync(session, cancellationToken);
        if (context is null)
        {
            await RefuseReadOnlyAsync(cluster, key.Tenant, MemoryResource.DefaultName, cancellationToken);
        }
        else
        {
            RequireAppendable(context);
            if (context.ReadOnly)
            {
                throw new AccessDeniedException(ErrorCodes.ReadOnly, $"The memory resource of session '{key.Session}' is read-only.");
            }

            if (context.Tokens.Used > maxTokens)
            {
                context = await session.GetContextAsync(new ContextOptions { MaxTokens = Math.Max(1, maxTokens) }, cancellationToken);
            }
        }

        return new ProxyTurn(session, scope, sent, clientKey, context, redactors);
    }

    /// <summary>Forgets what is not needed to store the turn, so that an open stream does not hold it.</summary>
    public void Slim()
    {
        _context = null;
        _sent = LastSequence > 0 && !_storesOlder ? _sent.Slim() : _sent;
    }

    /// <summary>Stores the new messages and their answer. Answers when they are durable.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="partial">Whether it broke off.</param>
    /// <returns>What was stored; null if there was nothing to store, or the client's key was stored before.</returns>
    /// <exception cref="MemoryException">It could not be stored.</exception>
    public async Task<AppendResult?> StoreAsync(ChatResponse answer, bool partial)
    {
        var repeated = false;
        var isOwnTurn = false;
        for (var attempt = 1; ; attempt++)
        {
            // No token: what was answered is stored, whether the client waits for it or not.
            var context = await ReadAsync(_session, CancellationToken.None);
            if (context is null && _clientKey is not null)
            {
                // The client's key cannot tell two first turns apart; what is there then can.
                await _session.StartAsync(new StartSessionOptions { SessionId = SessionId, AgentId = _scope.Agent }, CancellationToken.None);
                context = await ReadAsync(_session, CancellationToken.None);
            }

            if (context is not null)
            {
                RequireAppendable(context);
            }

            var merged = Merge(context);
            if (isOwnTurn && merged.Supersedes is not null)
            {
                merged = merged with { Supersedes = null, New = merged.NewTurn };
            }

            if (repeated && merged.Supersedes is null)
            {
                // A late repeat of a call whose turn others have followed. Or another call under the same key: nobody may take that for stored.
                return WasAsked(context, merged)
                    ? null
                    : throw new ConflictException(ErrorCodes.KeyReused, "The idempotency key came before with another question.");
            }

            var said = StorableMessage.Of(answer, merged.Begun?.Content, partial);
            if (said is null && partial)
            {
                return null;
            }

            var key = repeated || merged.Supersedes is not null ? null : _clientKey;
            try
            {
                return await AppendAsync(context, merged, said, key);
            }
            catch (PreconditionFailedException) when (attempt < MaxAttempts)
            {
                // Another call stores its turn: this one may then be a regeneration of it. Until the other's is durable nothing new can be read.
                await Task.Delay(TimeSpan.FromMilliseconds(attempt), CancellationToken.None);
            }
            catch (ConflictException error) when (attempt < MaxAttempts && error.Code is ErrorCodes.KeyReused or ErrorCodes.NotLastAnswer)
            {
                repeated |= error.Code == ErrorCodes.KeyReused && key is not null;
                isOwnTurn |= error.Code == ErrorCodes.NotLastAnswer;
            }
        }
    }

    private static bool WasAsked(SessionContext? context, MergedTranscript merged) =>
        merged.New.LastOrDefault(message => message.Role == MessageRole.User) is not { } question
        || View(context).Any(message => message.Role == MessageRole.User && message.Content == question.Content);

    private MergedTranscript Merge(SessionContext? context)
    {
        var merged = _sent.MergeInto(context, _scope.After, _redactors);
        _storesOlder |= merged.Older.Count > 0;
        return merged;
    }

    private async Task<AppendResult?> AppendAsync(SessionContext? context, MergedTranscript merged, Message? said, string? clientKey)
    {
        var place = context?.LastSequence ?? 0;
        var etag = context?.ETag;
        var (older, parts) = PartsOf(context, merged, said);
        if (merged.Supersedes is not null && parts.Count > 1)
        {
            // Between two appends neither the old answer nor the new one would be in the view, for good if the second fails: better both are.
            merged = merged with { Supersedes = null, New = merged.NewTurn };
            (older, parts) = PartsOf(context, merged, said);
        }

        for (var part = 0; part < older.Count; part++)
        {
            etag = (await _session.AppendAsync(Request(older[part], Key("older", place, part), etag, null), CancellationToken.None)).ETag;
        }

        AppendResult? first = null, last = null;
        for (var part = 0; part < parts.Count; part++)
        {
            var key = part == parts.Count - 1 && clientKey is not null ? clientKey : Key("turn", place, part);
            last = await _session.AppendAsync(Request(parts[part], key, etag, part == 0 ? merged.Supersedes : null), CancellationToken.None);
            etag = last.ETag;
            first ??= last;
        }

        return last is null ? null : last with { FirstSequence = first!.FirstSequence };
    }

    /// <summary>The appends that the turn needs, and those of the history before it.</summary>
    private static (IReadOnlyList<IReadOnlyList<Message>> Older, IReadOnlyList<IReadOnlyList<Message>> Turn) PartsOf(
        SessionContext? context, MergedTranscript merged, Message? said)
    {
        var ledger = new ToolLedger(View(context).Where(message => merged.Supersedes is not { } from || message.Sequence < from));
        var older = AppendParts.Of(ledger.Settle(merged.Older));
        return (older, AppendParts.Of(ledger.Settle(said is null ? merged.New : [.. merged.New, said])));
    }

    private AppendRequest Request(IReadOnlyList<Message> messages, string key, string? etag, long? supersedes) => new()
    {
        Messages = messages,
        IdempotencyKey = key,
        IfMatch = etag,
        Supersedes = supersedes,
        AgentId = _scope.Agent,
    };

    /// <summary>A key of the place: of two calls that found the session as it was, one stores its turn, and the other looks again.</summary>
    private static string Key(string kind, long place, int part) => string.Create(CultureInfo.InvariantCulture, $"proxy:{kind}:{place}:{part}");

    private static IEnumerable<Message> View(SessionContext? context) => context?.ActiveContext.SelectMany(turn => turn.Messages) ?? [];

    private static async Task<SessionContext?> ReadAsync(ISessionMemory session, CancellationToken cancellationToken)
    {
        try
        {
            return await session.GetContextAsync(cancellationToken: cancellationToken);
        }
        catch (NotFoundException)
        {
            return null;
        }
    }

    private static void RequireAppendable(SessionContext context)
    {
        if (context.Status == SessionStatus.Completed)
        {
            throw new ConflictException(ErrorCodes.Completed, $"Session '{context.SessionId}' is completed; start a new one.");
        }
    }

    private static async Task RefuseReadOnlyAsync(IMemoryCluster cluster, string tenant, string resource, CancellationToken cancellationToken)
    {
        try
        {
            if ((await cluster.Resources(tenant).GetAsync(resource, cancellationToken)).Resource.ReadOnly)
            {
                throw new AccessDeniedException(ErrorCodes.ReadOnly, $"The memory resource '{resource}' is read-only.");
            }
        }
        catch (NotFoundException)
        {
            // Then the session finds out when it is created.
        }
    }
}
