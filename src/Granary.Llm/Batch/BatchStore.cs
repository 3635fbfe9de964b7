using System.Runtime.CompilerServices;
using Granary.Core.Storage;
using Granary.Llm.Batch.Jobs;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch;

/// <summary>Makes batches, tells of them, cancels and erases them. The work on them goes on in the background, also after a restart.</summary>
public sealed class BatchStore
{
    /// <summary>Documents of lines in one commit, beside the head and the parts that they fill.</summary>
    private const int MaxLinesPerCommit = 24;

    private const int MaxCommitBytes = 1024 * 1024;

    /// <summary>The largest line: what fits a commit with the head.</summary>
    private const int MaxLineBytes = 1024 * 1024;

    private const int MaxCustomId = 128;

    private const int MaxPage = 100;

    /// <summary>How often a change of the head is made anew when others come between.</summary>
    private const int MaxConflicts = 20;

    /// <summary>How long lines may stop coming in before the batch is forgotten.</summary>
    private static readonly TimeSpan ReceivingPatience = TimeSpan.FromHours(1);

    /// <summary>What providers promise, and an hour for asking them.</summary>
    private static readonly TimeSpan ProviderWindow = TimeSpan.FromHours(25);

    private readonly BatchServices _services;
    private readonly BatchRunner _runner;
    private readonly BatchIndex _index;

    internal BatchStore(BatchServices services, BatchRunner runner) => (_services, _runner, _index) = (services, runner, new BatchIndex(services.Store, services.Time));

    /// <summary>Takes a batch; it exists when all of its lines are stored.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="inputs">The lines; one at least. Their models are those of the request.</param>
    /// <param name="cancellationToken">Gives up; what was stored is forgotten within an hour.</param>
    /// <exception cref="InvalidRequestException">A setting or a line breaks a rule, no provider has the model or has a key for it, or a tool is unknown.</exception>
    /// <exception cref="TooLargeException">There are too many lines, or one is too large.</exception>
    /// <exception cref="ConflictException">The idempotency key came before with other content.</exception>
    /// <exception cref="UnavailableException">Another call with the same idempotency key came between.</exception>
    /// <exception cref="StorageException">The store failed; with an idempotency key it is safe to call again.</exception>
    public async Task<BatchInfo> CreateAsync(BatchRequest request, IAsyncEnumerable<BatchInput> inputs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(inputs);
        BatchRules.Check(request);
        await _services.Tools.FindAsync(request.Tools, cancellationToken).ConfigureAwait(false);
        var route = RouteOf(request);
        var provider = request.UseProviderBatches ? _services.Providers.Find(route.Provider.Name) : null;
        var head = HeadOf(request, route, provider);
        var partition = BatchPartitions.Of(request.Tenant, request.User, head.Id);
        using var key = request.IdempotencyKey is null ? null : new BatchKey(request);
        if (key is not null)
        {
            var (earlier, version) = await BatchLease.ReadAsync(_services.Store, partition, cancellationToken).ConfigureAwait(false);
            if (earlier is { Receiving: false })
            {
                return await RepeatAsync(earlier, key, inputs, cancellationToken).ConfigureAwait(false);
            }

            // One whose lines broke off, or still come in for a caller that has given it up: the later call has all of them.
            if (earlier is not null && !await _services.Store.DeleteAsync(partition, version, cancellationToken).ConfigureAwait(false))
            {
                throw new UnavailableException(ErrorCodes.StorageUnavailable, "The batch is being made by another call; send it again.", TimeSpan.FromSeconds(1));
            }
        }

        var intake = new Intake(_services, _index, partition, head, provider?.MaxBytes ?? int.MaxValue, key);
        await foreach (var input in inputs.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            await intake.AddAsync(input, cancellationToken).ConfigureAwait(false);
        }

        head = await intake.FinishAsync(cancellationToken).ConfigureAwait(false);
        _runner.Offer(partition, head.Priority);
        return InfoOf(head, []);
    }

    /// <summary>A user's batches, or those of the tenant's own, the newest first.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="user">The user, or null for batches of the tenant's own.</param>
    /// <param name="after">The next of the page before, or null.</param>
    /// <param name="limit">How many at the most, 1 to 100.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidRequestException"><paramref name="after"/> or <paramref name="limit"/> breaks its rule.</exception>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task<BatchPage> ListAsync(string tenant, string? user, string? after = null, int limit = 20, CancellationToken cancellationToken = default)
    {
        if (limit is < 1 or > MaxPage)
        {
            throw new InvalidRequestException("limit", $"must be a whole number from 1 to {MaxPage}");
        }

        var (heads, next) = await _index.PageAsync(tenant, user, after, limit, cancellationToken).ConfigureAwait(false);
        return new BatchPage([.. heads.Select(head => InfoOf(head, []))], next);
    }

    /// <summary>A batch.</summary>
    /// <exception cref="NotFoundException">There is none of that id.</exception>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task<BatchInfo> GetAsync(string tenant, string? user, string id, CancellationToken cancellationToken = default)
    {
        var partition = BatchPartitions.Of(tenant, user, id);
        var (head, _) = await HeadAsync(partition, cancellationToken).ConfigureAwait(false);
        return InfoOf(head, await PartsAsync(partition, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Asks that a batch be cancelled. Lines that are answered stay so; one that is over stays as it is.</summary>
    /// <exception cref="NotFoundException">There is none of that id.</exception>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task<BatchInfo> CancelAsync(string tenant, string? user, string id, CancellationToken cancellationToken = default)
    {
        var partition = BatchPartitions.Of(tenant, user, id);
        for (var attempt = 0; attempt < MaxConflicts; attempt++)
        {
            var (head, version) = await HeadAsync(partition, cancellationToken).ConfigureAwait(false);
            if (head.IsOver || head.CancelRequested)
            {
                return InfoOf(head, await PartsAsync(partition, cancellationToken).ConfigureAwait(false));
            }

            // Whoever works on it sees this with its next commit; who comes next sees it at once.
            var now = _services.Time.GetUtcNow();
            var next = head with { CancelRequested = true, DueAt = head.LeaseOwner is null ? now : head.DueAt };
            var result = await _services.Store.CommitAsync(
                new PartitionCommit
                {
                    Partition = partition,
                    Expected = version,
                    Writes = [DocumentWrite.Put(BatchPartitions.Head, BatchPartitions.Bytes(next, BatchJson.Default.BatchHead))],
                    DueAt = head.LeaseOwner is null ? now : head.LeaseUntil,
                },
                cancellationToken).ConfigureAwait(false);
            if (result.Status == CommitStatus.Committed)
            {
                _runner.Offer(partition, next.Priority);
                return InfoOf(next, await PartsAsync(partition, cancellationToken).ConfigureAwait(false));
            }
        }

        throw new UnavailableException(ErrorCodes.StorageUnavailable, "The batch changes too fast; try again.", TimeSpan.FromSeconds(1));
    }

    /// <summary>Erases a batch that is over, with all that was asked and answered.</summary>
    /// <exception cref="NotFoundException">There is none of that id.</exception>
    /// <exception cref="ConflictException">It is not over: cancel it first.</exception>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task DeleteAsync(string tenant, string? user, string id, CancellationToken cancellationToken = default)
    {
        var partition = BatchPartitions.Of(tenant, user, id);
        var (head, version) = await HeadAsync(partition, cancellationToken).ConfigureAwait(false);
        if (!head.IsOver)
        {
            throw new ConflictException(ErrorCodes.Unfinished, "The batch is not over; cancel it first.");
        }

        // Nothing writes to a batch that is over: a version that has changed is one that was erased.
        if (await _services.Store.DeleteAsync(partition, version, cancellationToken).ConfigureAwait(false))
        {
            await _index.RemoveAsync(head, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The lines that are over, in the order of the lines.</summary>
    /// <exception cref="NotFoundException">There is no batch of that id; thrown by the first step.</exception>
    /// <exception cref="StorageException">The store failed.</exception>
    public async IAsyncEnumerable<BatchResult> ResultsAsync(
        string tenant, string? user, string id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var partition = BatchPartitions.Of(tenant, user, id);
        await HeadAsync(partition, cancellationToken).ConfigureAwait(false);
        var range = DocumentRange.Prefix(BatchPartitions.ResultPrefix);
        await foreach (var document in _services.Store.ReadAllAsync(partition, range, cancellationToken).ConfigureAwait(false))
        {
            var index = BatchPartitions.IndexOf(document.Id);
            var outcome = BatchPartitions.Read(document, BatchJson.Default.BatchOutcome);
            yield return new BatchResult(
                outcome.CustomId ?? BatchPartitions.CustomId(id, index), index, outcome.Response, outcome.ErrorCode, outcome.ErrorMessage, outcome.Rounds, outcome.Cost);
        }
    }

    /// <summary>The batch that an earlier call made, if this one asks for the same.</summary>
    private async Task<BatchInfo> RepeatAsync(BatchHead head, BatchKey key, IAsyncEnumerable<BatchInput> inputs, CancellationToken cancellationToken)
    {
        await foreach (var input in inputs.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            key.Add(LineOf(head, input));
        }

        if (key.Content() != head.Content)
        {
            throw new ConflictException(ErrorCodes.KeyReused, "The idempotency key came before with other content.");
        }

        var partition = BatchPartitions.Of(head.Tenant, head.User, head.Id);
        return InfoOf(head, await PartsAsync(partition, cancellationToken).ConfigureAwait(false)) with { Repeated = true };
    }

    private static byte[] LineOf(BatchHead head, BatchInput input) =>
        BatchPartitions.Bytes(new BatchLine(input.CustomId, input.Request with { Model = head.Model, Stream = false }), BatchJson.Default.BatchLine);

    private async Task<(BatchHead Head, PartitionVersion Version)> HeadAsync(string partition, CancellationToken cancellationToken)
    {
        var (head, version) = await BatchLease.ReadAsync(_services.Store, partition, cancellationToken).ConfigureAwait(false);
        return head is null or { Receiving: true } ? throw new NotFoundException("There is no such batch.") : (head, version);
    }

    private async Task<IReadOnlyList<BatchPart>> PartsAsync(string partition, CancellationToken cancellationToken)
    {
        var parts = new List<BatchPart>();
        await foreach (var document in _services.Store.ReadAllAsync(partition, DocumentRange.Prefix(BatchPartitions.PartPrefix), cancellationToken).ConfigureAwait(false))
        {
            parts.Add(BatchPartitions.Read(document, BatchJson.Default.BatchPart));
        }

        return parts;
    }

    private ProviderRoute RouteOf(BatchRequest request)
    {
        ProviderRoute route;
        try
        {
            route = _services.Router.Route(request.Model)[0];
        }
        catch (ProviderException unknown)
        {
            throw new InvalidRequestException("model", "is not known: " + unknown.Message);
        }

        // Ollama and compatible servers often want none.
        return route.Provider.HasKey || route.Provider.Name is not ("openai" or "anthropic" or "gemini" or "azure" or "mistral")
            ? route
            : throw new InvalidRequestException("model", $"is of the provider '{route.Provider.Name}', for which no key is configured; batches run when no caller's key is at hand");
    }

    private BatchHead HeadOf(BatchRequest request, ProviderRoute route, Providers.IBatchProvider? provider)
    {
        var (size, timeout, priority) = request.Preset switch
        {
            BatchPreset.Quick => (50, 1_800, 1),
            BatchPreset.Comprehensive => (20, 7_200, 5),
            _ => (100, 3_600, 3),
        };
        var now = _services.Time.GetUtcNow();
        return new BatchHead
        {
            Id = BatchKey.IdOf(request),
            Tenant = request.Tenant,
            User = request.User,
            Agent = request.Agent,
            Model = request.Model,
            Provider = route.Provider.Name,
            Type = provider?.Type ?? BatchType.Sequential,
            Receiving = true,
            Priority = request.Priority ?? priority,
            BatchSize = request.BatchSize ?? size,
            MaxIterations = request.Tools.Count > 0 ? request.MaxIterations : 1,
            Tools = [.. request.Tools.Distinct()],
            MaxRetries = request.MaxRetries,
            CreatedAt = now,
            Deadline = now + (request.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : provider is null ? TimeSpan.FromSeconds(timeout) : ProviderWindow),
            DueAt = now + ReceivingPatience,
        };
    }

    private static BatchInfo InfoOf(BatchHead head, IReadOnlyList<BatchPart> parts) => new()
    {
        BatchId = head.Id,
        UserId = head.User,
        Model = head.Model,
        BatchType = head.Type,
        Status = head.Status,
        CancelRequested = head.CancelRequested,
        Error = head.Error,
        Priority = head.Priority,
        QuestionsCount = head.Lines,
        ItemsProcessed = head.Completed + head.Failed,
        Completed = head.Completed,
        Failed = head.Failed,
        RetryCount = head.RetryCount,
        InputTokens = head.InputTokens,
        OutputTokens = head.OutputTokens,
        Cost = head.Cost,
        UnpricedAnswers = head.Unpriced,
        ProviderBatches =
        [
            .. parts.Where(part => part.ProviderBatch is not null)
                .Select(part => new ProviderBatchInfo(part.ProviderBatch!, part.ProviderFile, part.ProviderStatus, part.Lines.Count, part.Round)),
        ],
        CreatedAt = head.CreatedAt,
        StartedAt = head.StartedAt,
        CompletedAt = head.CompletedAt,
        EstimatedCompletion = head.CompletedAt ?? head.Deadline,
    };

    /// <summary>Stores lines as they come in, cut into parts.</summary>
    private sealed class Intake(BatchServices services, BatchIndex index, string partition, BatchHead head, int maxPartBytes, BatchKey? key)
    {
        private readonly List<DocumentWrite> _writes = [];
        private readonly HashSet<string> _customIds = new(StringComparer.Ordinal);
        private BatchHead _head = head;
        private PartitionVersion _version;
        private int _bytes;
        private int _partFirst;
        private long _partBytes;

        public async Task AddAsync(BatchInput input, CancellationToken cancellationToken)
        {
            var number = _head.Lines;
            if (number == services.Options.MaxLines)
            {
                throw new TooLargeException("lines", $"must be at most {services.Options.MaxLines}");
            }

            CheckCustomId(input.CustomId, number);
            var body = LineOf(_head, input);
            if (body.Length > MaxLineBytes)
            {
                throw new TooLargeException($"lines[{number}]", $"must be at most {MaxLineBytes} bytes");
            }

            if (_writes.Count >= MaxLinesPerCommit || _bytes + body.Length > MaxCommitBytes)
            {
                await CommitAsync(cancellationToken).ConfigureAwait(false);
            }

            if (number - _partFirst == _head.BatchSize || (_partBytes + body.Length > maxPartBytes && number > _partFirst))
            {
                ClosePart();
            }

            key?.Add(body);
            _writes.Add(DocumentWrite.Insert(BatchPartitions.Line(number), body));
            _bytes += body.Length;
            _partBytes += body.Length;
            _head = _head with { Lines = number + 1 };
        }

        public async Task<BatchHead> FinishAsync(CancellationToken cancellationToken)
        {
            if (_head.Lines == 0)
            {
                throw new InvalidRequestException("lines", "must have one at least");
            }

            ClosePart();

            await index.AddAsync(_head, cancellationToken).ConfigureAwait(false);

            // One question is answered sooner by a call.
            _head = _head with { Receiving = false, DueAt = null, Content = key?.Content(), Type = _head.Lines == 1 ? BatchType.Sequential : _head.Type };
            await CommitAsync(cancellationToken).ConfigureAwait(false);
            return _head;
        }

        private void CheckCustomId(string? id, int index)
        {
            if (id is null)
            {
                return;
            }

            if (id.Length is 0 or > MaxCustomId || id.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                throw new InvalidRequestException($"lines[{index}].custom_id", $"must be 1 to {MaxCustomId} visible ASCII characters");
            }

            if (!_customIds.Add(id))
            {
                throw new InvalidRequestException($"lines[{index}].custom_id", "is the same as another line's");
            }
        }

        private void ClosePart()
        {
            var part = new BatchPart { Number = _head.Parts, First = _partFirst, Count = _head.Lines - _partFirst };
            _writes.Add(DocumentWrite.Insert(BatchPartitions.Part(part.Number), BatchPartitions.Bytes(part, BatchJson.Default.BatchPart)));
            (_partFirst, _partBytes) = (_head.Lines, 0);
            _head = _head with { Parts = _head.Parts + 1 };
        }

        private async Task CommitAsync(CancellationToken cancellationToken)
        {
            var now = services.Time.GetUtcNow();
            _head = _head.Receiving ? _head with { DueAt = now + ReceivingPatience } : _head;
            var result = await services.Store.CommitAsync(
                new PartitionCommit
                {
                    Partition = partition,
                    Expected = _version,
                    Writes = [.. _writes, DocumentWrite.Put(BatchPartitions.Head, BatchPartitions.Bytes(_head, BatchJson.Default.BatchHead))],
                    DueAt = _head.Receiving ? _head.DueAt : now,

                    // Only a key leads back to one that was erased.
                    Recreate = _version == PartitionVersion.None,
                },
                cancellationToken).ConfigureAwait(false);
            if (result.Status != CommitStatus.Committed)
            {
                throw new UnavailableException(ErrorCodes.StorageUnavailable, "The batch could not be stored; send it again.", TimeSpan.FromSeconds(1));
            }

            _version = result.Version;
            _writes.Clear();
            _bytes = 0;
        }
    }
}
