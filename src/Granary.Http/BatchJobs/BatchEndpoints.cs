using System.Buffers;
using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Identity;
using Granary.Http.Import;
using Granary.Http.Problems;
using Granary.Http.Serialization;
using Granary.Llm;
using Granary.Llm.Batch;
using Granary.Llm.Rendering;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Granary.Http.BatchJobs;

/// <summary>Jobs of many questions.</summary>
internal sealed class BatchEndpoints(BatchStore batches, RequestIdentity identity, IOptions<GranaryHttpOptions> options)
{
    private const string Tag = "Batches";

    private const int MaxPage = 100;

    private static readonly IChatRenderer OpenAI = ChatRenderers.For(ChatDialect.OpenAIChat);

    private static readonly RouteParameter Key = new(
        RouteParameter.IdempotencyKey.Name, true, typeof(string), "1-255 visible ASCII characters. Makes the call safe to repeat: the same key of the same user is the same batch while that is kept.");

    private static readonly IReadOnlyList<RouteParameter> Whose =
        [RouteParameter.User, RouteParameter.Query<string>("user_id", "The user whose batch it is; none for a batch of the tenant's own, which needs a service key.")];

    public void Map(RouteTable routes) => routes
        .Post("/v1/batches", GranaryScope.User, CreateAsync, new RouteDescription(Tag, "Ask many questions")
        {
            Details = "Over the batch API of OpenAI, Anthropic or Gemini, else call by call. As one object with questions or lines; or, for many, as JSON Lines "
                + $"({MediaTypes.JsonLines}), streamed: the object without them first, then a line each. The work goes on in the background, also after a restart.",
            Body = typeof(CreateBatchRequest),
            Parameters = [RouteParameter.User, Key],
            Answers = [new RouteAnswer(201, typeof(BatchInfo), "The batch is stored.") { Headers = [AnswerHeaders.Repeat] }],
            Problems = [403, 409, 413, 503],
        })
        .Get("/v1/batches", GranaryScope.User, ListAsync, new RouteDescription(Tag, "List batches")
        {
            Details = "The newest first, without their batches at the provider. A user's, or those of the tenant's own.",
            Parameters =
            [
                .. Whose,
                RouteParameter.Query<string>("after", "The next of the page before."),
                RouteParameter.Query<int>("limit", $"How many at the most, 1 to {MaxPage} (20)."),
            ],
            Answers = [new RouteAnswer(200, typeof(BatchPage), "The batches.")],
            Problems = [403, 503],
        })
        .Get("/v1/batches/{batch_id}", GranaryScope.User, GetAsync, new RouteDescription(Tag, "Read a batch's state")
        {
            Parameters = Whose,
            Answers = [new RouteAnswer(200, typeof(BatchInfo), "The batch.")],
            Problems = [403, 404, 503],
        })
        .Post("/v1/batches/{batch_id}/cancel", GranaryScope.User, CancelAsync, new RouteDescription(Tag, "Cancel a batch")
        {
            Details = "Lines that are answered stay so. One that is over stays as it is.",
            Parameters = Whose,
            Answers = [new RouteAnswer(200, typeof(BatchInfo), "It is being cancelled, or over.")],
            Problems = [403, 404, 503],
        })
        .GetStream("/v1/batches/{batch_id}/results", GranaryScope.User, ResultsAsync, new RouteDescription(Tag, "Read a batch's results")
        {
            Details = "The lines that are over, in their order; also while others are not. An answer that is cut off ends the connection.",
            Parameters = Whose,
            Answers = [new RouteAnswer(200, typeof(BatchLineResponse), "One line each.") { ContentType = MediaTypes.JsonLines }],
            Problems = [403, 404, 503],
        })
        .Delete("/v1/batches/{batch_id}", GranaryScope.User, DeleteAsync, new RouteDescription(Tag, "Erase a batch")
        {
            Details = "With all that was asked and answered. It must be over: cancel it first.",
            Parameters = Whose,
            Answers = [new RouteAnswer(204, null, "It is erased.")],
            Problems = [403, 404, 409, 503],
        });

    private async Task CreateAsync(HttpContext context)
    {
        var info = IsJsonLines(context.Request) ? await CreateOfLinesAsync(context) : await CreateOfBodyAsync(context);
        context.Response.Headers.Location = $"/v1/batches/{info.BatchId}";
        if (info.Repeated)
        {
            AnswerHeaders.SetRepeated(context.Response);
        }

        await JsonAnswer.WriteAsync(context, info, BatchWireJson.Default.BatchInfo, StatusCodes.Status201Created);
    }

    private async Task<BatchInfo> CreateOfBodyAsync(HttpContext context)
    {
        var head = await JsonBody.ReadAsync(context, BatchWireJson.Default.CreateBatchRequest);
        var request = RequestOf(context, head);
        return await StoreFailures.GuardAsync(() => batches.CreateAsync(request, new BatchInputs(head, request.Model).OfBodyAsync(), context.RequestAborted));
    }

    private async Task<BatchInfo> CreateOfLinesAsync(HttpContext context)
    {
        MediaTypes.Require(context.Request, MediaTypes.JsonLines);
        var max = options.Value.MaxImportBytes;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = max;
        }

        using var lines = new LineReader(context.Request.BodyReader, max);
        var first = await lines.ReadAsync(context.RequestAborted) ?? throw new InvalidRequestException("body", "is required");
        var head = JsonParser.Parse(first.Span, BatchWireJson.Default.CreateBatchRequest);
        var request = RequestOf(context, head);
        return await StoreFailures.GuardAsync(
            () => batches.CreateAsync(request, new BatchInputs(head, request.Model).OfLinesAsync(lines, context.RequestAborted), context.RequestAborted));
    }

    private async Task ListAsync(HttpContext context)
    {
        var (tenant, user) = ScopeOf(context, RequestValues.Query(context.Request, "user_id"));
        var after = RequestValues.Query(context.Request, "after");
        var limit = (int)RequestValues.Query(context.Request, "limit", 20, 1, MaxPage);
        var page = await StoreFailures.GuardAsync(() => batches.ListAsync(tenant, user, after, limit, context.RequestAborted));
        await JsonAnswer.WriteAsync(context, page, BatchWireJson.Default.BatchPage);
    }

    private async Task GetAsync(HttpContext context)
    {
        var (tenant, user, id) = KeyOf(context);
        var info = await StoreFailures.GuardAsync(() => batches.GetAsync(tenant, user, id, context.RequestAborted));
        await JsonAnswer.WriteAsync(context, info, BatchWireJson.Default.BatchInfo);
    }

    private async Task CancelAsync(HttpContext context)
    {
        var (tenant, user, id) = KeyOf(context);
        var info = await StoreFailures.GuardAsync(() => batches.CancelAsync(tenant, user, id, context.RequestAborted));
        await JsonAnswer.WriteAsync(context, info, BatchWireJson.Default.BatchInfo);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var (tenant, user, id) = KeyOf(context);
        await StoreFailures.GuardAsync(async () =>
        {
            await batches.DeleteAsync(tenant, user, id, context.RequestAborted);
            return true;
        });
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task ResultsAsync(HttpContext context)
    {
        var (tenant, user, id) = KeyOf(context);
        await using var results = batches.ResultsAsync(tenant, user, id, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        var output = context.Response.BodyWriter;

        // The first step says whether there is such a batch.
        var more = await NextAsync(results);
        context.Response.ContentType = MediaTypes.JsonLines;
        for (; more; more = await NextAsync(results))
        {
            JsonAnswer.Append(output, LineOf(results.Current), BatchWireJson.Default.BatchLineResponse);
            output.Write("\n"u8);
            if ((await output.FlushAsync(context.RequestAborted)).IsCompleted)
            {
                return;
            }
        }
    }

    private static Task<bool> NextAsync(IAsyncEnumerator<BatchResult> results) => StoreFailures.GuardAsync(() => results.MoveNextAsync().AsTask());

    private static BatchLineResponse LineOf(BatchResult result) => new(
        result.CustomId,
        result.Index,
        result.Response is null ? null : new BatchAnswer(StatusCodes.Status200OK, OpenAI.RenderResponse(result.Response)),
        result.ErrorCode is null ? null : new BatchLineError(result.ErrorCode, result.ErrorMessage),
        result.Rounds,
        result.Cost);

    private BatchRequest RequestOf(HttpContext context, CreateBatchRequest head)
    {
        var (tenant, user) = ScopeOf(context, head.UserId);
        var request = new BatchRequest
        {
            Tenant = tenant,
            User = user,
            IdempotencyKey = RequestValues.IdempotencyKey(context.Request),
            Agent = head.AgentId ?? Ids.DefaultAgent,
            Model = head.Model ?? throw new InvalidRequestException("model", "is required"),
            Preset = head.Preset,
            BatchSize = head.BatchSize,
            TimeoutSeconds = head.TimeoutSeconds,
            Priority = head.Priority,
            Tools = head.Tools ?? [],
            UseProviderBatches = head.UseProviderBatches ?? true,
        };
        return request with { MaxRetries = head.MaxRetries ?? request.MaxRetries, MaxIterations = head.MaxIterations ?? request.MaxIterations };
    }

    private (string Tenant, string? User, string Id) KeyOf(HttpContext context)
    {
        var (tenant, user) = ScopeOf(context, RequestValues.Query(context.Request, "user_id"));
        return (tenant, user, RequestValues.Route(context, "batch_id"));
    }

    /// <summary>Whose batches the request is about: a user's, or the tenant's own, which only a service key may.</summary>
    private (string Tenant, string? User) ScopeOf(HttpContext context, string? named)
    {
        if (identity.FindUser(context, named) is { } user)
        {
            return (user.Tenant, user.User);
        }

        return context.Features.Get<Caller>()?.Has(GranaryScope.Tenant) == true
            ? (RequestIdentity.Tenant(context), null)
            : throw new AccessDeniedException(ErrorCodes.Forbidden, "The key does not allow batches of the tenant's own; name a user.");
    }

    private static bool IsJsonLines(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(MediaTypes.JsonLines, StringComparison.OrdinalIgnoreCase);
}
