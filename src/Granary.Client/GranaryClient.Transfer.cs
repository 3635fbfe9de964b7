using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Client.Http;
using Granary.Wire;

namespace Granary.Client;

public sealed partial class GranaryClient
{
    private const string JsonLines = "application/x-ndjson";

    /// <summary>All that a session is, record by record as it arrives: the header, then appends in order, then epochs.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="UnavailableException">The transfer broke off; what came until then is not all of the session.</exception>
    public async IAsyncEnumerable<SessionRecord> ExportSessionAsync(
        string sessionId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var answer = await OpenExportAsync(SessionPath(sessionId, "/export"), cancellationToken).ConfigureAwait(false);
        var records = JsonSerializer.DeserializeAsyncEnumerable(
            answer.Body, ClientJson.Read.SessionRecord, topLevelValues: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (records.ConfigureAwait(false))
        {
            var check = new ExportCheck();
            while (await NextRecordAsync(records, cancellationToken).ConfigureAwait(false) is { } record)
            {
                check.Saw(record);
                yield return record;
            }

            check.End();
        }
    }

    /// <summary>Writes all that a session is to a stream, as JSON Lines.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="destination">Where to write.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="UnavailableException">The transfer broke off; what was written until then is not all of the session.</exception>
    public async Task ExportSessionAsync(string sessionId, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var answer = await OpenExportAsync(SessionPath(sessionId, "/export"), cancellationToken).ConfigureAwait(false);
        await CopyAsync(answer, destination, cancellationToken).ConfigureAwait(false);
    }

    private static async Task CopyAsync(OpenAnswer answer, Stream destination, CancellationToken cancellationToken)
    {
        var buffer = new byte[81_920];
        while (true)
        {
            int count;
            try
            {
                count = await answer.Body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception lost) when (lost is IOException or HttpRequestException)
            {
                throw BrokeOff(lost);
            }

            if (count == 0)
                return;
            await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a session of the records of an export. It stays invisible until the last one is stored.</summary>
    /// <param name="records">The records; read while they are sent. What it throws ends the import and is thrown here.</param>
    /// <param name="sessionId">The session's new id, or null to keep the header's.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="ConflictException">The session exists, or another import of it is under way.</exception>
    public Task<ImportResponse> ImportSessionAsync(
        IAsyncEnumerable<SessionRecord> records, string? sessionId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return ImportAsync(sessionId, upload => upload.WriteAsync(records, ClientJson.Write.SessionRecord), cancellationToken);
    }

    /// <summary>Makes a session of an export in JSON Lines. It stays invisible until the last line is stored.</summary>
    /// <param name="source">The export; read while it is sent, from where it stands, and left open.</param>
    /// <param name="sessionId">The session's new id, or null to keep the header's.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="ConflictException">The session exists, or another import of it is under way.</exception>
    public Task<ImportResponse> ImportSessionAsync(Stream source, string? sessionId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return ImportAsync(sessionId, upload => upload.WriteAsync(source), cancellationToken);
    }

    /// <summary>The user's memories, as they arrive, the youngest first.</summary>
    /// <param name="states">The states that are wanted; null for all but deleted.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="UnavailableException">The transfer broke off; what came until then is not all of them.</exception>
    public async IAsyncEnumerable<MemoryRecord> ExportMemoriesAsync(
        IReadOnlyList<MemoryState>? states = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var answer = await OpenExportAsync(MemoryPaths.ExportOf(states), cancellationToken).ConfigureAwait(false);
        var memories = JsonSerializer.DeserializeAsyncEnumerable(
            answer.Body, ClientJson.Read.MemoryRecord, topLevelValues: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (memories.ConfigureAwait(false))
        {
            while (await NextRecordAsync(memories, cancellationToken).ConfigureAwait(false) is { } memory)
            {
                yield return memory;
            }
        }
    }

    /// <summary>Writes the user's memories to a stream, as JSON Lines.</summary>
    /// <param name="destination">Where to write.</param>
    /// <param name="states">The states that are wanted; null for all but deleted.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="UnavailableException">The transfer broke off; what was written until then is not all of them.</exception>
    public async Task ExportMemoriesAsync(Stream destination, IReadOnlyList<MemoryState>? states = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var answer = await OpenExportAsync(MemoryPaths.ExportOf(states), cancellationToken).ConfigureAwait(false);
        await CopyAsync(answer, destination, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps memories of an export with their ids and times; those that are known stay as they are, so it can be done again.</summary>
    /// <param name="memories">The memories; read while they are sent. What it throws ends the import and is thrown here; what was taken until then stays.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    public Task<MemoryImportResponse> ImportMemoriesAsync(IAsyncEnumerable<MemoryRecord> memories, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(memories);
        return ImportAsync(
            "memory/import", ClientJson.Read.MemoryImportResponse, upload => upload.WriteAsync(memories, ClientJson.Write.MemoryRecord), cancellationToken);
    }

    /// <summary>Keeps memories of an export in JSON Lines with their ids and times; those that are known stay as they are, so it can be done again.</summary>
    /// <param name="source">The export; read while it is sent, from where it stands, and left open.</param>
    /// <param name="cancellationToken">Ends the transfer; what was taken until then stays.</param>
    public Task<MemoryImportResponse> ImportMemoriesAsync(Stream source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return ImportAsync("memory/import", ClientJson.Read.MemoryImportResponse, upload => upload.WriteAsync(source), cancellationToken);
    }

    private Task<OpenAnswer> OpenExportAsync(string path, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            Get(path) with { Streaming = true, Accept = JsonLines },
            (response, token) => OpenAnswer.OfAsync(response, _transport.TransferPause, _transport.Time, token),
            cancellationToken);

    private Task<ImportResponse> ImportAsync(string? sessionId, Func<Upload, Task> write, CancellationToken cancellationToken) => ImportAsync(
        sessionId is null ? "sessions/import" : "sessions/import?session_id=" + Uri.EscapeDataString(Ids.Require(sessionId, "session_id")),
        ClientJson.Read.ImportResponse,
        write,
        cancellationToken);

    private async Task<T> ImportAsync<T>(string path, JsonTypeInfo<T> answer, Func<Upload, Task> write, CancellationToken cancellationToken)
        where T : class
    {
        var upload = new Upload(JsonLines, write, _transport.TransferPause, _transport.Time, cancellationToken);
        var call = new ApiCall(HttpMethod.Post, path)
        {
            Repeat = Repeat.IfNotRun,
            Stream = upload.Content,
            Tenant = _tenant,
            User = _user,
        };
        try
        {
            return await _transport.SendAsync(call, answer, upload.Ending).ConfigureAwait(false);
        }
        catch (OperationCanceledException stalled) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnavailableException(
                ClientErrorCodes.DeadlineExceeded,
                $"The import stood still for {_transport.TransferPause}.",
                ProblemExtensions.DefaultRetryAfter,
                stalled);
        }
        finally
        {
            // The caller's source is not touched any more after this.
            await upload.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask<T?> NextRecordAsync<T>(IAsyncEnumerator<T?> records, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            if (!await records.MoveNextAsync().ConfigureAwait(false))
                return null;
            return records.Current ?? throw new JsonException("null");
        }
        catch (Exception lost) when (lost is IOException or HttpRequestException)
        {
            throw BrokeOff(lost);
        }
        catch (Exception malformed) when (malformed is JsonException or NotSupportedException)
        {
            throw new UnavailableException(
                ClientErrorCodes.MalformedAnswer,
                $"The export has a line that is none: {malformed.Message}",
                ProblemExtensions.DefaultRetryAfter,
                malformed);
        }
    }

    private static UnavailableException BrokeOff(Exception cause) => new(
        ClientErrorCodes.Unreachable, $"The export broke off: {cause.Message}", ProblemExtensions.DefaultRetryAfter, cause);
}
