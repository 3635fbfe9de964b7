namespace Granary.Llm.Batch;

/// <summary>What a request for a batch must keep to.</summary>
internal static class BatchRules
{
    private const int MaxModel = 256;
    private const int MaxTools = 128;
    private const int MaxToolName = 64;

    public static void Check(BatchRequest request)
    {
        Ids.Require(request.Tenant, "tenant_id");
        Ids.Require(request.Agent, "agent_id");
        if (request.User is not null)
        {
            Ids.Require(request.User, "user_id");
        }

        Require(
            request.IdempotencyKey is null
                || (request.IdempotencyKey.Length is > 0 and <= MessageLimits.MaxIdempotencyKeyLength && !request.IdempotencyKey.AsSpan().ContainsAnyExceptInRange('!', '~')),
            "idempotency_key",
            $"must be 1 to {MessageLimits.MaxIdempotencyKeyLength} visible ASCII characters");
        Require(request.Model is { Length: > 0 and <= MaxModel }, "model", $"must be 1 to {MaxModel} characters");
        Require(request.BatchSize is null or (>= 1 and <= 1_000), "batch_size", "must be a whole number from 1 to 1000");
        Require(request.TimeoutSeconds is null or (>= 1 and <= 604_800), "timeout_seconds", "must be a whole number from 1 to 604800");
        Require(request.Priority is null or (>= 1 and <= 5), "priority", "must be a whole number from 1 to 5");
        Require(request.MaxRetries is >= 0 and <= 20, "max_retries", "must be a whole number from 0 to 20");
        Require(request.MaxIterations is >= 1 and <= 20, "max_iterations", "must be a whole number from 1 to 20");
        Require(request.Tools.Count <= MaxTools && request.Tools.All(name => name is { Length: > 0 and <= MaxToolName }), "tools", $"must be at most {MaxTools} names");
    }

    private static void Require(bool holds, string field, string rule)
    {
        if (!holds)
        {
            throw new InvalidRequestException(field, rule);
        }
    }
}
