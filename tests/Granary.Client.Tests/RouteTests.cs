using System.Net;
using Granary.Client.Tests.Support;
using Granary.Serialization;
using Granary.Wire;
using static Granary.Client.Tests.Support.Samples;

namespace Granary.Client.Tests;

/// <summary>Each method asks what its route expects and gives what it answers.</summary>
public sealed class RouteTests
{
    private readonly FakeService _service = new();

    [Fact]
    public async Task Every_call_names_the_tenant_the_user_and_the_key()
    {
        _service.AnswersJson(ContextJson);
        await _service.Client(options => options.ApiKey = "gk_secret").GetContextAsync("s1");
        _service.Only.Header("X-Tenant-ID").ShouldBe("acme");
        _service.Only.Header("X-User-ID").ShouldBe("ada");
        _service.Only.Header("Authorization").ShouldBe("Bearer gk_secret");
    }

    [Fact]
    public async Task Without_tenant_user_and_key_no_header_claims_any()
    {
        _service.AnswersJson(ContextJson);
        await _service.Client(options => options.TenantId = options.UserId = null).GetContextAsync("s1");
        _service.Only.Header("X-Tenant-ID").ShouldBeNull();
        _service.Only.Header("X-User-ID").ShouldBeNull();
        _service.Only.Header("Authorization").ShouldBeNull();
    }

    [Fact]
    public async Task A_client_for_another_user_and_tenant_speaks_for_them()
    {
        _service.AnswersJson(ContextJson);
        var client = _service.Client();
        var other = client.ForTenant("globex").ForUser("bob");
        await other.GetContextAsync("s1");
        _service.Only.Header("X-Tenant-ID").ShouldBe("globex");
        _service.Only.Header("X-User-ID").ShouldBe("bob");
        (other.TenantId, other.UserId, client.TenantId, client.UserId).ShouldBe(("globex", "bob", "acme", "ada"));
        Should.Throw<InvalidRequestException>(() => client.ForUser("b/b")).Field.ShouldBe("user_id");
        Should.Throw<InvalidRequestException>(() => client.ForTenant("")).Field.ShouldBe("tenant_id");
    }

    [Fact]
    public async Task The_user_of_a_request_wins_over_the_client_s_in_header_and_body()
    {
        _service.AnswersJson(StoredJson);
        await _service.Client().StoreTurnAsync(new StoreTurnRequest { UserId = "bob", SessionId = "s1", UserMessage = "a", AgentMessage = "b" });
        _service.Only.Header("X-User-ID").ShouldBe("bob");
        _service.Only.Json.GetProperty("user_id").GetString().ShouldBe("bob");
    }

    [Fact]
    public async Task Start_sends_what_was_asked_and_gives_the_session_with_its_etag()
    {
        _service.AnswersJson(Started(restored: true, previous: "s0"), headers: ("ETag", "\"1-1\""));
        var started = await _service.Client().StartSessionAsync(new StartSessionRequest { SessionId = "s1", AgentId = "a", SystemPrompt = "Be kind." });
        Asked(HttpMethod.Post, "/sessions/start", """{"session_id":"s1","agent_id":"a","restore":true,"system_prompt":"Be kind."}""");
        started.ETag.ShouldBe("\"1-1\"");
        started.Value.Restored.ShouldBeTrue();
        started.Value.PreviousSessionId.ShouldBe("s0");
        started.Value.ActiveContext.ShouldHaveSingleItem().Messages.ShouldHaveSingleItem().Content.ShouldBe("message 1");
    }

    [Fact]
    public async Task Start_by_key_values_leaves_the_id_to_the_service()
    {
        _service.AnswersJson(Started());
        await _service.Client().StartSessionAsync(
            new StartSessionRequest { Resource = "support", KeyValues = new Dictionary<string, string> { ["CustomerId"] = "c1" } });
        Asked(HttpMethod.Post, "/sessions/start", """{"restore":true,"resource":"support","key_values":{"CustomerId":"c1"}}""");
    }

    [Fact]
    public async Task End_names_the_session()
    {
        _service.AnswersJson(Ended);
        var ended = await _service.Client().EndSessionAsync("s1");
        Asked(HttpMethod.Post, "/sessions/end", """{"session_id":"s1"}""");
        ended.Summary.ShouldBe("They spoke.");
        ended.KeyTopics.ShouldBe(["speech"]);
    }

    [Fact]
    public async Task Append_sends_messages_key_and_condition_and_gives_sequences_and_etag()
    {
        _service.AnswersJson(Appended, headers: [("ETag", "\"4-1\""), ("Idempotency-Replayed", "true")]);
        var result = await _service.Client().AppendAsync("s1", new AppendRequest
        {
            Messages = [new Message { Role = MessageRole.User, Content = "Hi" }],
            IdempotencyKey = "k-1",
            IfMatch = "\"2-1\"",
            AgentId = "a",
        });
        Asked(HttpMethod.Post, "/sessions/s1/messages", """{"agent_id":"a","messages":[{"role":"user","content":"Hi","turn":0}]}""");
        _service.Only.Header("Idempotency-Key").ShouldBe("k-1");
        _service.Only.Header("If-Match").ShouldBe("\"2-1\"");
        result.Messages.ShouldBe([new("msg_3", 3), new("msg_4", 4, true)]);
        result.ETag.ShouldBe("\"4-1\"");
        result.Repeated.ShouldBeTrue();
    }

    [Fact]
    public async Task Append_sends_what_it_supersedes()
    {
        _service.AnswersJson(Appended);
        await _service.Client().AppendAsync("s1", new AppendRequest { Messages = [new Message { Role = MessageRole.Assistant, Content = "So", Partial = true }], Supersedes = 2 });
        Asked(HttpMethod.Post, "/sessions/s1/messages", """{"messages":[{"role":"assistant","content":"So","turn":0,"partial":true}],"supersedes":2}""");
    }

    [Fact]
    public async Task Store_sends_the_turn_with_a_key_of_its_own()
    {
        _service.AnswersJson(StoredJson, headers: ("ETag", "\"4-1\""));
        var stored = await _service.Client().StoreTurnAsync("s1", "Hello", "Hi there!");
        Asked(HttpMethod.Post, "/memory/store", """{"session_id":"s1","user_message":"Hello","agent_message":"Hi there!"}""");
        _service.Only.Header("Idempotency-Key").ShouldNotBeNullOrEmpty();
        stored.ETag.ShouldBe("\"4-1\"");
        stored.Replayed.ShouldBeFalse();
        stored.Value.Turn.ShouldBe(2);
        await _service.Client().StoreTurnAsync("s1", "Hello", "Hi there!");
        _service.Requests.Select(request => request.Header("Idempotency-Key")).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_key_in_the_request_goes_into_the_header_only()
    {
        _service.AnswersJson(StoredJson);
        await _service.Client().StoreTurnAsync(
            new StoreTurnRequest { SessionId = "s1", UserMessage = "a", AgentMessage = "b", IdempotencyKey = "k" }, ifMatch: "*");
        _service.Only.Header("Idempotency-Key").ShouldBe("k");
        _service.Only.Header("If-Match").ShouldBe("*");
        _service.Only.Json.TryGetProperty("idempotency_key", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_batch_of_turns_gives_each_a_key_and_names_its_user_in_the_body()
    {
        var problem = new Problem { Type = "t", Title = "t", Status = 409, Detail = "Completed.", Code = ErrorCodes.Completed };
        _service.AnswersJson(Json(new StoreBatchResponse([new(Stored, null), new(null, problem)], 1, 1), GranaryJson.Default.StoreBatchResponse));
        var stored = await _service.Client().StoreTurnsAsync(new StoreBatchRequest
        {
            SessionId = "s1",
            Turns = [new() { UserMessage = "a", AgentMessage = "b" }, new() { UserId = "bob", UserMessage = "c", AgentMessage = "d", IdempotencyKey = "mine" }],
        });
        _service.Only.PathAndQuery.ShouldBe("/memory/store/batch");
        _service.Only.Header("X-User-ID").ShouldBeNull();
        var body = _service.Only.Json;
        body.GetProperty("user_id").GetString().ShouldBe("ada");
        body.GetProperty("turns")[0].GetProperty("idempotency_key").GetString().ShouldNotBeNullOrEmpty();
        body.GetProperty("turns")[1].GetProperty("idempotency_key").GetString().ShouldBe("mine");
        stored.Results[0].Result!.Turn.ShouldBe(2);
        stored.Results[1].Problem!.ToException().ShouldBeOfType<ConflictException>().Code.ShouldBe(ErrorCodes.Completed);
    }

    [Theory]
    [InlineData(ContextFormat.Turns, "turns")]
    [InlineData(ContextFormat.Messages, "messages")]
    [InlineData(ContextFormat.Text, "text")]
    public async Task Context_names_budget_and_form(ContextFormat format, string name)
    {
        _service.AnswersJson(ContextJson);
        var context = await _service.Client().GetContextAsync("s1", maxTokens: 500, format);
        Asked(HttpMethod.Post, "/memory/context", $$"""{"session_id":"s1","max_tokens":500,"format":"{{name}}"}""");
        context.Tokens.ShouldBe(Tokens);
        context.FormattedContext.ShouldBeNull();
    }

    [Fact]
    public async Task A_batch_of_contexts_gives_each_its_own_result()
    {
        _service.AnswersJson(Json(new ContextBatchResponse([new(Context, null)]), GranaryJson.Default.ContextBatchResponse));
        var contexts = await _service.Client().GetContextsAsync(new ContextBatchRequest { Sessions = [new() { SessionId = "s1" }] });
        Asked(HttpMethod.Post, "/memory/context/batch", """{"user_id":"ada","sessions":[{"session_id":"s1"}]}""");
        contexts.Results.ShouldHaveSingleItem().Result!.SessionId.ShouldBe("s1");
    }

    [Fact]
    public async Task Summaries_ask_for_a_number()
    {
        _service.AnswersJson(Json(new SummariesResponse("ada", [Listing("s1")], 1), GranaryJson.Default.SummariesResponse));
        (await _service.Client().GetSummariesAsync(7)).Summaries.ShouldHaveSingleItem().SessionId.ShouldBe("s1");
        Asked(HttpMethod.Post, "/summaries", """{"limit":7}""");
    }

    [Fact]
    public async Task Messages_ask_for_a_range()
    {
        _service.AnswersJson(Json(new MessagePage([Message(5)], 6), GranaryJson.Default.MessagePage));
        var page = await _service.Client().GetMessagesAsync("s1", 5, 1);
        Asked(HttpMethod.Get, "/sessions/s1/messages?from=5&limit=1");
        page.Next.ShouldBe(6);
    }

    [Fact]
    public async Task Reading_all_messages_follows_the_pages()
    {
        _service.AnswersJson(Json(new MessagePage([Message(1), Message(2)], 3), GranaryJson.Default.MessagePage))
            .AnswersJson(Json(new MessagePage([Message(3)], null), GranaryJson.Default.MessagePage));
        var sequences = await _service.Client().ReadMessagesAsync("s1").Select(message => message.Sequence).ToListAsync();
        sequences.ShouldBe([1, 2, 3]);
        _service.Requests.Last().PathAndQuery.ShouldBe("/sessions/s1/messages?from=3&limit=100");
    }

    [Fact]
    public async Task Reading_all_sessions_follows_the_pages_with_the_same_filter()
    {
        _service.AnswersJson(Json(new SessionsResponse("ada", [Listing("s2")], 1, "a/b"), GranaryJson.Default.SessionsResponse))
            .AnswersJson(Json(new SessionsResponse("ada", [Listing("s1")], 1, null), GranaryJson.Default.SessionsResponse));
        var query = new SessionQuery { Limit = 1, AgentId = "a+b", Status = SessionStatus.Completed };
        (await _service.Client().ReadSessionsAsync(query).Select(session => session.SessionId).ToListAsync()).ShouldBe(["s2", "s1"]);
        _service.Requests.First().PathAndQuery.ShouldBe("/sessions?limit=1&agent_id=a%2Bb&status=completed");
        _service.Requests.Last().PathAndQuery.ShouldBe("/sessions?limit=1&after=a%2Fb&agent_id=a%2Bb&status=completed");
    }

    [Fact]
    public async Task A_session_s_state_comes_with_its_etag()
    {
        _service.AnswersJson(Json(Info, GranaryJson.Default.SessionInfo));
        (await _service.Client().GetSessionAsync("s1")).ETag.ShouldBe("\"2-1\"");
        Asked(HttpMethod.Get, "/sessions/s1");
    }

    [Fact]
    public async Task An_unchanged_session_is_null()
    {
        _service.Answers(_ => new HttpResponseMessage(HttpStatusCode.NotModified)).AnswersJson(Json(Info, GranaryJson.Default.SessionInfo));
        (await _service.Client().GetSessionIfChangedAsync("s1", "\"2-1\"")).ShouldBeNull();
        _service.Only.Header("If-None-Match").ShouldBe("\"2-1\"");
        (await _service.Client().GetSessionIfChangedAsync("s1", "\"1-1\"")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Delete_sends_its_condition()
    {
        _service.Answers(_ => new HttpResponseMessage(HttpStatusCode.NoContent));
        await _service.Client().DeleteSessionAsync("s1", "\"2-1\"");
        Asked(HttpMethod.Delete, "/sessions/s1");
        _service.Only.Header("If-Match").ShouldBe("\"2-1\"");
    }

    [Fact]
    public async Task Health_of_a_session()
    {
        _service.AnswersJson(Json(Health, GranaryJson.Default.SessionHealth));
        (await _service.Client().GetSessionHealthAsync("s1")).ShouldBe(Health);
        Asked(HttpMethod.Get, "/sessions/s1/health");
    }

    [Fact]
    public async Task Compact_sends_its_options()
    {
        var done = new CompactResult
        {
            Success = true, SessionId = "s1", SummaryGenerated = true, MessageCount = 8, TokenCount = 90, FoldedMessages = 4, DryRun = false,
            WouldFlush = true, ActualStrategy = CompactionStrategy.TokenAwareLru, Epoch = 2,
        };
        _service.AnswersJson(Json(done, GranaryJson.Default.CompactResult));
        var result = await _service.Client().CompactAsync("s1", new CompactOptions { Force = true, Strategy = CompactionStrategy.TokenAwareLru, Threshold = 0.5 });
        Asked(HttpMethod.Post, "/sessions/s1/compact", """{"force":true,"dry_run":false,"strategy":"token_aware_lru","threshold":0.5}""");
        result.ShouldBe(done);
    }

    [Fact]
    public async Task Clear_sends_its_confirmation()
    {
        _service.AnswersJson(Json(new ClearResult(true, "s1", 12, 3, true), GranaryJson.Default.ClearResult));
        (await _service.Client().ClearAsync("s1", confirm: true, "\"2-1\"")).MessagesCleared.ShouldBe(12);
        Asked(HttpMethod.Post, "/sessions/s1/clear", """{"confirm":true}""");
        _service.Only.Header("If-Match").ShouldBe("\"2-1\"");
    }

    [Fact]
    public async Task An_earlier_epoch()
    {
        var view = new EpochView
        {
            SessionId = "s1", Epoch = 2, Current = false, StartTime = DateTimeOffset.UnixEpoch, Snapshot = Snapshot.Empty, TailStart = 3,
            LastSequence = 9, Messages = [Message(3)],
        };
        _service.AnswersJson(Json(view, GranaryJson.Default.EpochView));
        (await _service.Client().GetEpochAsync("s1", 2)).LastSequence.ShouldBe(9);
        Asked(HttpMethod.Get, "/sessions/s1/epochs/2");
    }

    [Fact]
    public async Task Resources_are_listed_and_exported()
    {
        _service.AnswersJson(Json(new ResourcesResponse([new MemoryResource { Name = "default" }], 1), GranaryJson.Default.ResourcesResponse));
        (await _service.Client().ListResourcesAsync()).Resources.ShouldHaveSingleItem().Name.ShouldBe("default");
        (await _service.Client().ExportResourcesAsync()).Count.ShouldBe(1);
        _service.Requests.Select(request => request.PathAndQuery).ShouldBe(["/resources", "/resources/export"]);
    }

    [Fact]
    public async Task A_resource_is_read_changed_and_removed_under_its_etag()
    {
        var json = Json(new MemoryResource { Name = "support", Revision = 3 }, GranaryJson.Default.MemoryResource);
        _service.AnswersJson(json, headers: ("ETag", "\"r3\"")).AnswersJson(json, HttpStatusCode.Created, ("ETag", "\"r4\""))
            .AnswersJson(json).Answers(_ => new HttpResponseMessage(HttpStatusCode.NoContent));
        var client = _service.Client();
        var read = await client.GetResourceAsync("support");
        read.ETag.ShouldBe("\"r3\"");
        (await client.PutResourceAsync(read.Value with { ReadOnly = true }, ifMatch: read.ETag)).ETag.ShouldBe("\"r4\"");
        await client.PutResourceAsync(read.Value, onlyIfNew: true);
        await client.DeleteResourceAsync("support", "\"r4\"");
        var requests = _service.Requests.ToArray();
        requests.Select(request => $"{request.Method} {request.PathAndQuery}")
            .ShouldBe(["GET /resources/support", "PUT /resources/support", "PUT /resources/support", "DELETE /resources/support"]);
        requests[1].Header("If-Match").ShouldBe("\"r3\"");
        requests[1].Json.GetProperty("read_only").GetBoolean().ShouldBeTrue();
        requests[2].Header("If-None-Match").ShouldBe("*");
        requests[3].Header("If-Match").ShouldBe("\"r4\"");
    }

    [Fact]
    public async Task Resources_are_imported()
    {
        _service.AnswersJson(Json(new ResourceImportResult(["a"], [], ["b"]), GranaryJson.Default.ResourceImportResult));
        var result = await _service.Client().ImportResourcesAsync(
            new ResourceImportRequest { Mode = ResourceImportMode.OverwriteConflicts, Resources = [new MemoryResource { Name = "a" }] });
        _service.Only.PathAndQuery.ShouldBe("/resources/import");
        _service.Only.Json.GetProperty("mode").GetString().ShouldBe("overwrite_conflicts");
        result.Skipped.ShouldBe(["b"]);
    }

    [Fact]
    public async Task A_session_id_is_resolved()
    {
        _service.AnswersJson("""{"session_id":"support:c1"}""");
        (await _service.Client().ResolveSessionIdAsync("support", new Dictionary<string, string> { ["Customer"] = "c1" })).ShouldBe("support:c1");
        Asked(HttpMethod.Post, "/resources/support/resolve", """{"key_values":{"Customer":"c1"}}""");
    }

    [Fact]
    public async Task Health_liveness_stats_and_the_api_s_document()
    {
        _service.AnswersJson("""{"status":"healthy","service":"agent-memory","version":"0.1.0"}""")
            .AnswersJson("""{"status":"healthy","service":"agent-memory","version":"0.1.0"}""")
            .AnswersJson("""
                {"total_sessions":2,"total_users":1,"dirty_sessions":0,"max_capacity":1000,"utilization":0.002,"ttl_seconds":1800,
                 "avg_age_seconds":1.5,"oldest_age_seconds":2,"hits":9,"misses":1,"hit_rate":0.9,"evictions":0}
                """)
            .AnswersJson("""{"openapi":"3.1.1"}""");
        var client = _service.Client();
        (await client.GetHealthAsync()).Version.ShouldBe("0.1.0");
        (await client.GetLivenessAsync()).Status.ShouldBe("healthy");
        var stats = await client.GetStatsAsync();
        (stats.Utilization, stats.HitRate, stats.DirtySessions).ShouldBe((0.002, 0.9, 0));
        (await client.GetOpenApiAsync()).ShouldContain("3.1.1");
        _service.Requests.Select(request => request.PathAndQuery).ShouldBe(["/health", "/health/live", "/stats", "/openapi/v1.json"]);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, "degraded")]
    [InlineData(HttpStatusCode.ServiceUnavailable, "unhealthy")]
    public async Task Readiness_is_an_answer_even_when_it_is_bad(HttpStatusCode status, string word)
    {
        _service.AnswersJson($$"""{"status":"{{word}}","store":{"readable":true,"writable":false,"latency_ms":1.5,"error":"disk full"} }""", status);
        var ready = await _service.Client().GetReadinessAsync();
        ready.ShouldBe(new ReadyResponse(word, new StoreState(true, false, 1.5, "disk full")));
        _service.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Ids_of_the_grammar_s_odd_characters_reach_the_service_as_they_are()
    {
        _service.AnswersJson(Json(Info, GranaryJson.Default.SessionInfo));
        const string id = "a_b.c:d@e|f+g=h~i-j";
        await _service.Client().GetSessionAsync(id);
        Uri.UnescapeDataString(_service.Only.Uri.AbsolutePath).ShouldBe("/sessions/" + id);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("a b")]
    public async Task An_id_that_would_change_the_path_is_refused_before_anything_is_sent(string id)
    {
        var client = _service.Client();
        (await Should.ThrowAsync<InvalidRequestException>(() => client.GetSessionAsync(id))).Field.ShouldBe("session_id");
        Should.Throw<InvalidRequestException>(() => { client.GetResourceAsync(id); }).Field.ShouldBe("name");
        _service.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\r\nX-User-ID: eve")]
    [InlineData("schlüssel")]
    public void A_key_or_condition_that_would_break_the_header_is_refused(string value)
    {
        var client = _service.Client();
        var request = new StoreTurnRequest { SessionId = "s1", UserMessage = "a", AgentMessage = "b" };
        Should.Throw<InvalidRequestException>(() => { client.StoreTurnAsync(request with { IdempotencyKey = value }); }).Field.ShouldBe("Idempotency-Key");
        if (value != "a b")
            Should.Throw<InvalidRequestException>(() => { client.StoreTurnAsync(request, ifMatch: value); }).Field.ShouldBe("If-Match");
        _service.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_address_may_have_a_path()
    {
        _service.AnswersJson(ContextJson);
        await _service.Client(options => options.BaseAddresses = [new("https://example.test/memory-service")]).GetContextAsync("s1");
        _service.Only.Uri.ToString().ShouldBe("https://example.test/memory-service/memory/context");
    }

    private void Asked(HttpMethod method, string pathAndQuery, string? json = null)
    {
        _service.Only.Method.ShouldBe(method);
        _service.Only.PathAndQuery.ShouldBe(pathAndQuery);
        if (json is null)
        {
            _service.Only.Body.ShouldBeEmpty();
            return;
        }

        _service.Only.ContentType.ShouldBe("application/json");
        _service.Only.Text.ShouldBe(json);
    }
}
