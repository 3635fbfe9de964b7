using System.Globalization;
using System.Text.RegularExpressions;
using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Granary.Http.Import;

/// <summary>
/// <c>POST /sessions/import</c>: takes an export as a stream. It holds one chunk at a time; the session stays invisible until the last one.
/// </summary>
internal sealed partial class SessionImportEndpoint(
    IMemoryCluster cluster, RequestIdentity identity, IOptions<GranaryHttpOptions> options, TimeProvider time, ILogger<SessionImportEndpoint> logger)
{
    // One commit of the store takes 50 documents and 1.5 MiB; an append may need two, and the chunk brings a few of its own.
    private const int MaxChunkRecords = 40;
    private const int MaxChunkBytes = 1024 * 1024;

    public void Map(RouteTable routes) => routes.Post("/sessions/import", GranaryScope.User, InvokeAsync, new RouteDescription("Sessions", "Import a session")
    {
        Details = "The lines of an export, streamed; 1 GiB at the most unless configured otherwise, 2 MiB a line. The session must not exist and "
            + "stays invisible until its last line is stored. The user is the key's or X-User-ID, else the export's own.",
        Body = typeof(SessionRecord),
        BodyContentType = MediaTypes.JsonLines,
        Parameters = [RouteParameter.User, RouteParameter.Query<string>("session_id", "A new id for the session; the export's own by default.")],
        Answers = [new RouteAnswer(201, typeof(ImportResponse), "The session is there.")],
        Problems = [403, 409, 410, 413, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        MediaTypes.Require(context.Request, MediaTypes.JsonLines);
        AllowSize(context);
        var rename = RequestValues.Query(context.Request, "session_id") is { } id ? Ids.Require(id, "session_id") : null;
        using var lines = new LineReader(context.Request.BodyReader, options.Value.MaxImportBytes);
        var header = await ReadHeaderAsync(context, lines, rename);
        var session = cluster.Session(new SessionKey(RequestIdentity.Tenant(context), header.UserId, header.SessionId));
        var import = new Chunks(session, Ids.New(time), header, lines.Number);
        while (await lines.ReadAsync(context.RequestAborted) is { } line)
        {
            await import.AddAsync(RecordParser.Parse(line.Span, lines.Number), lines.Number, line.Length, context.RequestAborted);
        }

        await import.FinishAsync(context.RequestAborted);
        GranaryHttpInstruments.ImportedMessages.Add(import.Messages);
        LogImported(logger, header.SessionId, import.Messages);
        await JsonAnswer.WriteAsync(
            context,
            new ImportResponse(header.SessionId, header.UserId, import.Messages, import.LastSequence),
            GranaryJson.Default.ImportResponse,
            StatusCodes.Status201Created);
    }

    private void AllowSize(HttpContext context)
    {
        var max = options.Value.MaxImportBytes;
        if (context.Request.ContentLength > max)
        {
            throw new TooLargeException("body", $"must be at most {max} bytes");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = max;
        }
    }

    /// <summary>Reads the first line, and puts in the user and the id that the session is to have here.</summary>
    private async Task<SessionHeaderRecord> ReadHeaderAsync(HttpContext context, LineReader lines, string? rename)
    {
        var line = await lines.ReadAsync(context.RequestAborted) ?? throw new InvalidRequestException("body", "is required");
        var header = RecordParser.Parse(line.Span, lines.Number) as SessionHeaderRecord
            ?? throw new InvalidRequestException(RecordParser.At(lines.Number, "type"), "must be session: the header comes first");
        var user = (identity.FindUser(context) ?? identity.User(context, header.UserId, RecordParser.At(lines.Number, "user_id"))).User;
        return header with { UserId = user, SessionId = rename ?? Ids.Require(header.SessionId, RecordParser.At(lines.Number, "session_id")) };
    }

    [LoggerMessage(40, LogLevel.Information, "Imported session {SessionId} with {Messages} messages")]
    private static partial void LogImported(ILogger logger, string sessionId, long messages);

    /// <summary>Hands records to the session in chunks; the last one is held back until it is known to be the last.</summary>
    private sealed partial class Chunks(ISessionMemory session, string importId, SessionHeaderRecord header, int headerLine)
    {
        private readonly List<SessionRecord> _records = [header];
        private readonly List<int> _lines = [headerLine];
        private bool _first = true;
        private long _bytes;

        /// <summary>Messages taken so far.</summary>
        public long Messages { get; private set; }

        /// <summary>The last sequence taken so far.</summary>
        public long LastSequence { get; private set; }

        public async ValueTask AddAsync(SessionRecord record, int line, int bytes, CancellationToken cancellationToken)
        {
            if (_records.Count >= MaxChunkRecords || (_records.Count > 0 && _bytes + bytes > MaxChunkBytes))
            {
                await SendAsync(final: false, cancellationToken);
            }

            _records.Add(record);
            _lines.Add(line);
            _bytes += bytes;
            if (record is AppendRecord append)
            {
                Messages += append.Messages.Count;
                LastSequence = append.Messages.Count > 0 ? append.Messages[^1].Sequence : LastSequence;
            }
        }

        public Task FinishAsync(CancellationToken cancellationToken) => SendAsync(final: true, cancellationToken);

        private async Task SendAsync(bool final, CancellationToken cancellationToken)
        {
            try
            {
                var chunk = new SessionImportChunk { ImportId = importId, Records = [.. _records], First = _first, Final = final };
                await session.ImportAsync(chunk, cancellationToken);
            }
            catch (InvalidRequestException error)
            {
                throw new InvalidRequestException(ToLine(error.Field), error.Rule);
            }
            catch (TooLargeException error)
            {
                throw new TooLargeException(ToLine(error.Field), error.Rule);
            }

            _first = false;
            _records.Clear();
            _lines.Clear();
            _bytes = 0;
        }

        /// <summary>The session names a record of the chunk; the caller knows lines.</summary>
        private string ToLine(string field)
        {
            if (RecordField().Match(field) is { Success: true } match
                && int.TryParse(match.Groups["index"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index < _lines.Count)
            {
                return RecordParser.At(_lines[index], match.Groups["rest"].Value);
            }

            return _lines.Count == 1 ? RecordParser.At(_lines[0], field) : $"lines {_lines[0]}-{_lines[^1]}: {field}";
        }

        [GeneratedRegex(@"^records\[(?<index>\d+)\]\.?(?<rest>.*)$", RegexOptions.Singleline)]
        private static partial Regex RecordField();
    }
}
