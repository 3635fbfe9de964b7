using System.Text.Json;
using Granary.Serialization;

namespace Granary.Http.Tests.Fakes;

/// <summary>A session in a list.</summary>
internal sealed class FakeSession(SessionKey key, FakeCluster cluster) : ISessionMemory
{
    private readonly Lock _lock = new();
    private readonly List<Message> _messages = [];
    private readonly Dictionary<string, (string Content, AppendResult Result)> _keys = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SessionContext? _context;
    private string _agent = Ids.DefaultAgent;
    private string? _previous;
    private bool _erased;
    private SessionStatus _status;
    private DateTimeOffset _start;
    private int _epoch = 1;
    private long _clearedTo;
    private List<SessionRecord>? _import;

    public SessionKey Key { get; } = key;

    public bool Exists { get; private set; }

    private string ETag => $"\"{_messages.Count}-1\"";

    private int Turns => _messages.Count(message => message.Role == MessageRole.User);

    public Task<StartSessionResult> StartAsync(StartSessionOptions options, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            Enter();
            var restored = Exists;
            if (Exists && (_status == SessionStatus.Completed || !options.Restore))
            {
                throw new ConflictException(_status == SessionStatus.Completed ? ErrorCodes.Completed : ErrorCodes.AlreadyExists, "The session exists.");
            }

            _erased = false;
            Create(options.AgentId);
            if (!restored)
            {
                _previous = options.PreviousSessionId;
            }

            return Task.FromResult(new StartSessionResult(Key.Session, restored, options.PreviousSessionId, Context()));
        }
    }

    public async ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken = default)
    {
        if (cluster.BeforeAppend is { } wait)
        {
            await wait();
        }

        lock (_lock)
        {
            Enter();
            RequireNotErased();
            var content = JsonSerializer.Serialize(request.Messages, GranaryJson.Default.IReadOnlyListMessage);
            if (request.IdempotencyKey is { } idempotency && _keys.TryGetValue(idempotency, out var known))
            {
                return known.Content == content
                    ? known.Result with { Repeated = true }
                    : throw new ConflictException(ErrorCodes.KeyReused, "The key came before with other content.");
            }

            if (_status == SessionStatus.Completed)
            {
                throw new ConflictException(ErrorCodes.Completed, "The session is completed.");
            }

            RequireMatch(request.IfMatch);
            Check(request.Messages);
            Create(request.AgentId);
            var first = _messages.Count + 1;
            foreach (var message in request.Messages)
            {
                var sequence = _messages.Count + 1;
                _messages.Add(message with { Id = message.Id ?? $"msg_{sequence}", Sequence = sequence, Turn = Turns + (message.Role == MessageRole.User ? 1 : 0) });
            }

            Changed();
            var result = new AppendResult(Key.Session, first, _messages.Count, [.. _messages.Skip(first - 1).Select(m => new AppendedMessage(m.Id!, m.Sequence))])
            {
                ETag = ETag,
                Turn = Turns,
            };
            if (request.IdempotencyKey is { } key)
            {
                _keys[key] = (content, result);
            }

            return result;
        }
    }

    public ValueTask<SessionContext> GetContextAsync(ContextOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            RequireExists();
            return ValueTask.FromResult(Context());
        }
    }

    public Task<MessagePage> GetMessagesAsync(long from, int limit, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            RequireExists();
            var page = _messages.Where(message => message.Sequence >= from).Take(limit).ToList();
            var last = page.Count == 0 ? _messages.Count : page[^1].Sequence;
            return Task.FromResult(new MessagePage(page, last < _messages.Count ? last + 1 : null));
        }
    }

    public ValueTask<SessionInfo> GetInfoAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            RequireExists();
            return ValueTask.FromResult(new SessionInfo
            {
                SessionId = Key.Session,
                UserId = Key.User,
                AgentId = _agent,
                Status = _status,
                Resource = "default",
                ResourceRevision = 1,
                StartTime = _start,
                LastUpdated = _start,
                LastSequence = _messages.Count,
                TurnCount = Turns,
                MessageCount = _messages.Count,
                TotalTokens = 10 * _messages.Count,
                RoleDistribution = _messages.GroupBy(m => m.Role).ToDictionary(g => g.Key.ToString().ToLowerInvariant(), g => (long)g.Count()),
                Epoch = _epoch,
                ActiveMessages = _messages.Count,
                TokenUsage = new TokenUsage(1, 0, 0, 1, 8192),
                CumulativeSummary = "",
                Topics = [],
                PreviousSessionId = _previous,
                Health = new SessionHealth { Healthy = true, ActualStrategy = "turn_buffer", ConsecutiveFailures = 0, CurrentTokens = 1, MessageCount = _messages.Count },
                ETag = ETag,
            });
        }
    }

    public Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            RequireExists();
            return epoch > _epoch
                ? throw new NotFoundException($"There is no epoch {epoch}.")
                : Task.FromResult(new EpochView
                {
                    SessionId = Key.Session,
                    Epoch = epoch,
                    Current = epoch == _epoch,
                    StartTime = _start,
                    Snapshot = Snapshot.Empty,
                    TailStart = 1,
                    LastSequence = _messages.Count,
                    Messages = [.. _messages],
                });
        }
    }

    public Task<CompactResult> CompactAsync(CompactOptions options, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            RequireExists();
            return Task.FromResult(new CompactResult
            {
                Success = true,
                SessionId = Key.Session,
                SummaryGenerated = false,
                MessageCount = _messages.Count,
                TokenCount = 1,
                FoldedMessages = 0,
                DryRun = options.DryRun,
                WouldFlush = false,
                ActualStrategy = options.Strategy ?? CompactionStrategy.TurnBuffer,
                Epoch = _epoch,
            });
        }
    }

    public Task<ClearResult> ClearAsync(bool confirm, string? ifMatch = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            RequireExists();
            RequireMatch(ifMatch);
            var cleared = _messages.Count - _clearedTo;
            _clearedTo = _messages.Count;
            _epoch++;
            Changed();
            return Task.FromResult(new ClearResult(true, Key.Session, cleared, _epoch, true));
        }
    }

    public Task<EndResult> EndAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            RequireExists();
            var already = _status == SessionStatus.Completed;
            _status = SessionStatus.Completed;
            Changed();
            return Task.FromResult(new EndResult(Key.Session, _messages.Count > 0, "A talk.", ["talk"], Turns, already));
        }
    }

    public Task DeleteAsync(string? ifMatch = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            Enter();
            if (_erased)
            {
                return Task.CompletedTask;
            }

            RequireExists();
            RequireMatch(ifMatch);
            _messages.Clear();
            _keys.Clear();
            (_erased, Exists) = (true, false);
            Changed();
            return Task.CompletedTask;
        }
    }

    public async Task<SessionChange> WaitForChangeAsync(SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                RequireExists();
                var now = new SessionChange(_messages.Count, _epoch, _status);
                if (now != seen)
                {
                    return now;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(timeout, cancellationToken);
            }
            catch (TimeoutException)
            {
                return seen;
            }
        }
    }

    public Task<SessionExportPage> ExportAsync(string? cursor, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            RequireExists();
            var at = cursor is null ? 0 : int.Parse(cursor);
            List<SessionRecord> records = cursor is null ? [Header()] : [];
            records.AddRange(_messages.Skip(at).Take(50).Select(message => new AppendRecord { Messages = [message] }));
            return Task.FromResult(new SessionExportPage(records, at + 50 < _messages.Count ? $"{at + 50}" : null));
        }
    }

    public Task ImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            Enter();
            RequireNotErased();
            if (Exists)
            {
                throw new ConflictException(ErrorCodes.AlreadyExists, "The session exists.");
            }

            if (chunk.First)
            {
                _import = [];
            }

            var expected = _import!.OfType<AppendRecord>().Sum(record => record.Messages.Count) + 1L;
            for (var index = 0; index < chunk.Records.Count; index++)
            {
                if (chunk.Records[index] is AppendRecord append)
                {
                    if (append.Messages[0].Sequence != expected)
                    {
                        throw new InvalidRequestException($"records[{index}].messages[0].sequence", $"must be {expected}");
                    }

                    expected += append.Messages.Count;
                }
            }

            _import!.AddRange(chunk.Records);
            if (chunk.Final)
            {
                _messages.AddRange(_import.OfType<AppendRecord>().SelectMany(record => record.Messages));
                Create(_import.OfType<SessionHeaderRecord>().Single().AgentId);
            }

            return Task.CompletedTask;
        }
    }

    public SessionListing Listing() => new()
    {
        SessionId = Key.Session,
        AgentId = _agent,
        Status = _status,
        StartTime = _start,
        LastUpdated = _start,
        TurnCount = Turns,
        LastSequence = _messages.Count,
        CumulativeSummary = "",
        Topics = [],
        PreviousSessionId = _previous,
    };

    private static void Check(IReadOnlyList<Message> messages)
    {
        var open = new HashSet<string>();
        for (var index = 0; index < messages.Count; index++)
        {
            var message = messages[index];
            foreach (var call in message.ToolCalls ?? [])
            {
                open.Add(call.Id);
            }

            if (message.Content.Length == 0 && message.ToolCalls is null && message.Media is null && message.ToolError is null)
            {
                throw new InvalidRequestException($"messages[{index}].content", "must not be empty");
            }

            if (message.Content.Length > MessageLimits.MaxMessageBytes)
            {
                throw new TooLargeException($"messages[{index}]", $"must be at most {MessageLimits.MaxMessageBytes} bytes");
            }

            if (message.Metadata is { } metadata && metadata.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidRequestException($"messages[{index}].metadata", "must be an object");
            }

            if (message.Metadata?.GetRawText().Length > MessageLimits.MaxMetadataBytes)
            {
                throw new TooLargeException($"messages[{index}].metadata", $"must be at most {MessageLimits.MaxMetadataBytes} bytes");
            }

            if (message.Role == MessageRole.Tool && !open.Contains(message.ToolCallId ?? ""))
            {
                throw new InvalidRequestException($"messages[{index}].tool_call_id", "must name a tool call before it");
            }
        }
    }

    private void Create(string? agent)
    {
        if (!Exists)
        {
            _agent = agent ?? Ids.DefaultAgent;
            _start = DateTimeOffset.UtcNow;
            Exists = true;
            _status = SessionStatus.Active;
        }
    }

    private SessionHeaderRecord Header() => new()
    {
        Version = 1,
        SessionId = Key.Session,
        UserId = Key.User,
        AgentId = _agent,
        Status = _status,
        Resource = "default",
        StartTime = _start,
        Epoch = _epoch,
        LastSequence = _messages.Count,
    };

    private SessionContext Context() => _context ??= new SessionContext
    {
        SessionId = Key.Session,
        UserId = Key.User,
        AgentId = _agent,
        Status = _status,
        Epoch = _epoch,
        LastSequence = _messages.Count,
        TurnCount = Turns,
        ActiveContext = [.. _messages.Where(m => m.Sequence > _clearedTo).GroupBy(m => m.Turn).Select(g => new ContextTurn(g.Key, [.. g]))],
        Messages =
        [
            .. _messages.Where(m => m.Sequence > _clearedTo).Select(m => new ModelMessage { Role = m.Role, Content = m.Content, ToolCalls = m.ToolCalls, ToolCallId = m.ToolCallId }),
        ],
        CumulativeSummary = "",
        Tokens = new TokenUsage(1, 0, 0, 1, 8192),
        ETag = ETag,
    };

    private void Changed()
    {
        _context = null;
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private void Enter()
    {
        if (cluster.Failure is { } failure)
        {
            throw failure();
        }
    }

    private void RequireNotErased()
    {
        if (_erased)
        {
            throw new ErasedException("The session was erased.");
        }
    }

    private void RequireExists()
    {
        Enter();
        RequireNotErased();
        if (!Exists)
        {
            throw new NotFoundException("There is no such session.");
        }
    }

    private void RequireMatch(string? etag)
    {
        if (etag is not null && (!Exists || !etag.Split(',', StringSplitOptions.TrimEntries).Any(tag => tag == "*" || tag == ETag)))
        {
            throw new PreconditionFailedException(Exists ? ETag : null);
        }
    }
}
