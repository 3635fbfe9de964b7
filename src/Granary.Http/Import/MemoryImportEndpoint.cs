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
/// <c>POST /memory/import</c>: takes memories as a stream. Each stands by itself, so one that cannot be taken does not stop the others; what was taken
/// before the stream broke off stays, and is a duplicate the next time.
/// </summary>
internal sealed partial class MemoryImportEndpoint(
    IMemoryCluster cluster, RequestIdentity identity, IOptions<GranaryHttpOptions> options, TimeProvider time, ILogger<MemoryImportEndpoint> logger)
{
    public void Map(RouteTable routes) => routes.Post("/memory/import", GranaryScope.User, InvokeAsync, new RouteDescription("Long-term memory", "Import memories")
    {
        Details = "The lines of an export, or of the form of POST /memory/remember, streamed; 1 GiB at the most unless configured otherwise, 2 MiB a line. "
            + "Ids and times are kept, and all are active. Lines that cannot be taken are left out and named in the answer.",
        Body = typeof(MemoryRecord),
        BodyContentType = MediaTypes.JsonLines,
        Parameters = [RouteParameter.User, RouteParameter.Query<string>("user_id", "The user, where neither key nor header names one.")],
        Answers = [new RouteAnswer(200, typeof(MemoryImportResponse), "What became of the lines.")],
        Problems = [403, 410, 413, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        MediaTypes.Require(context.Request, MediaTypes.JsonLines);
        var user = cluster.User(identity.User(context, RequestValues.Query(context.Request, "user_id")));
        AllowSize(context);
        using var lines = new LineReader(context.Request.BodyReader, options.Value.MaxImportBytes);
        var import = new MemoryImport(user);
        while (await lines.ReadAsync(context.RequestAborted) is { } line)
        {
            MemoryDraft draft;
            try
            {
                draft = MemoryLineParser.Parse(line.Span, time.GetUtcNow());
            }
            catch (InvalidRequestException error)
            {
                import.Refuse(lines.Number, error.Field, error.Rule);
                continue;
            }

            await import.AddAsync(draft, lines.Number, line.Length, context.RequestAborted);
        }

        await import.SendAsync(context.RequestAborted);
        LogImported(logger, user.Key.User, import.Added, import.Duplicates, import.Refused);
        await JsonAnswer.WriteAsync(context, import.Told(), GranaryJson.Default.MemoryImportResponse);
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

    [LoggerMessage(41, LogLevel.Information, "Imported {Added} memories of {UserId}; {Duplicates} were known, {Refused} lines were refused")]
    private static partial void LogImported(ILogger logger, string userId, long added, long duplicates, long refused);
}
