using System.Net;
using System.Text.Json;
using Granary.Client.Tests.Support;
using Granary.Serialization;
using Granary.Wire;

namespace Granary.Client.Tests;

/// <summary>The methods of long-term memory ask what their routes expect and give what they answer.</summary>
public sealed class LongTermTests
{
    private static readonly DateTimeOffset Time = new(2025, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeService _service = new();

    private static MemoryRecord Record => new()
    {
        Id = "mem_1", Kind = MemoryKind.Fact, AgentId = "default", Content = "Ada likes tea.", CreatedAt = Time, UpdatedAt = Time, Revision = 3,
        Metadata = JsonElement.Parse("""{"n":1}"""),
    };

    [Fact]
    public async Task Remember_sends_what_is_given_and_nothing_else()
    {
        _service.AnswersJson(Json(new RememberMemoryResponse("mem_1", RememberStatus.Stored, MemoryEvent.Add, Record), GranaryJson.Default.RememberMemoryResponse));

        var kept = await _service.Client().RememberAsync("Ada likes tea.");

        Asked(HttpMethod.Post, "/memory/remember", """{"content":"Ada likes tea."}""");
        kept.MemoryId.ShouldBe("mem_1");
        kept.Status.ShouldBe(RememberStatus.Stored);
        kept.Event.ShouldBe(MemoryEvent.Add);
        kept.Memory.Metadata!.Value.GetProperty("n").GetInt32().ShouldBe(1);
        kept.Memory.Confidence.ShouldBe(1);
    }

    [Fact]
    public async Task Reflect_names_the_session_and_tells_what_was_learned()
    {
        _service.AnswersJson("""{"session_id":"s1","status":"running","insights_count":2,"summary":"Tea.","key_topics":["tea"]}""");

        var reflected = await _service.Client().ReflectAsync("s1");

        Asked(HttpMethod.Post, "/memory/reflect", """{"session_id":"s1"}""");
        (reflected.Status, reflected.InsightsCount, reflected.Summary).ShouldBe((ReflectStatus.Running, 2, "Tea."));
    }

    [Fact]
    public async Task Remember_sends_every_field_by_its_name()
    {
        _service.AnswersJson(Json(new RememberMemoryResponse("x", RememberStatus.Duplicate, MemoryEvent.None, Record), GranaryJson.Default.RememberMemoryResponse));

        await _service.Client().RememberAsync(new RememberMemoryRequest
        {
            UserId = "bob", Content = "c", Id = "x", Kind = MemoryKind.Insight, AgentId = "a", Category = "goals", Confidence = 0.5, Importance = MemoryImportance.High,
            Pinned = true, TtlHours = 2, Metadata = JsonElement.Parse("{}"), Sources = [new MemorySource("s1", 1, 2)], ValidFrom = Time,
        });

        Asked(
            HttpMethod.Post,
            "/memory/remember",
            """{"user_id":"bob","content":"c","metadata":{},"kind":"insight","agent_id":"a","category":"goals","confidence":0.5,"importance":"high","pinned":true,"valid_from":"2025-03-01T12:00:00+00:00","ttl_hours":2,"id":"x","sources":[{"session_id":"s1","first_sequence":1,"last_sequence":2}]}""");
        _service.Only.Header("X-User-ID").ShouldBe("bob");
    }

    [Fact]
    public async Task Keeping_is_repeated_when_the_service_is_away_for_a_moment()
    {
        _service.AnswersProblem(503, ErrorCodes.StorageUnavailable)
            .AnswersJson(Json(new RememberMemoriesResponse([], 0, 0), GranaryJson.Default.RememberMemoriesResponse));

        await _service.Client().RememberManyAsync(new RememberMemoriesRequest { Memories = [new() { Content = "a" }] });

        _service.Requests.Count.ShouldBe(2);
        _service.Requests.ShouldAllBe(request => request.PathAndQuery == "/memory/remember/batch" && request.Text == """{"memories":[{"content":"a"}]}""");
    }

    [Fact]
    public async Task Recall_sends_filters_and_gives_hits_with_their_parts()
    {
        _service.AnswersJson(
            """{"memories":[{"id":"turn:s1:4","user_id":"ada","kind":"turn","content":"Tea, please.","metadata":{"dia":"D1"},"similarity_score":0.8,"score_parts":{"words":0.8},"agent_id":"default","session_id":"s1","sequence":4,"turn":2,"role":"user","name":"Ada","timestamp":"2025-03-01T12:00:00+00:00"}],"count":1,"tokens":5,"mode":"keyword","fallback":"no embedder"}""");

        var found = await _service.Client().RecallAsync(new RecallMemoriesRequest
        {
            Query = "tea", Limit = 3, Mode = RecallMode.Keyword, GroupBy = RecallGrouping.Session, Touch = true, MaxTokens = 100,
            Filters = new RecallFilters { Kinds = [MemoryKind.Fact], AgentId = "a", Metadata = JsonElement.Parse("""{"n":{"gt":1}}""") },
        });

        Asked(
            HttpMethod.Post,
            "/memory/recall",
            """{"query":"tea","limit":3,"filters":{"agent_id":"a","kinds":["fact"],"metadata":{"n":{"gt":1}}},"mode":"keyword","max_tokens":100,"group_by":"session","touch":true}""");
        var hit = found.Memories.ShouldHaveSingleItem();
        (hit.Id, hit.Kind, hit.Role, hit.Sequence, hit.SimilarityScore).ShouldBe(("turn:s1:4", "turn", MessageRole.User, 4L, 0.8));
        hit.ScoreParts!["words"].ShouldBe(0.8);
        found.Fallback.ShouldBe("no embedder");
    }

    [Fact]
    public async Task Retrieval_names_the_session()
    {
        _service.AnswersJson("""{"query":"tea","facts":["[Fact] Ada likes tea."],"count":1,"sources":[{"id":"mem_1","kind":"fact","score":0.5}],"answer":"Tea."}""");

        var retrieved = await _service.Client().RetrieveAsync("tea", "s1", topK: 2);

        Asked(HttpMethod.Post, "/memory/retrieve", """{"session_id":"s1","query":"tea","top_k":2}""");
        retrieved.Facts.ShouldBe(["[Fact] Ada likes tea."]);
        retrieved.Sources[0].Id.ShouldBe("mem_1");
        retrieved.Answer.ShouldBe("Tea.");
    }

    [Fact]
    public async Task A_list_asks_by_the_query()
    {
        _service.AnswersJson(Json(new MemoriesResponse("ada", [Record], 1, 7, "c2"), GranaryJson.Default.MemoriesResponse));

        var page = await _service.Client().ListMemoriesAsync(new MemoryQuery
        {
            Limit = 1, Offset = 2, States = [MemoryState.Archived, MemoryState.Deleted],
            Filter = new MemoryFilter { Kinds = [MemoryKind.Fact, MemoryKind.Insight], AgentId = "a", Categories = ["a&b"], SessionId = "s1" },
        });

        Asked(HttpMethod.Get, "/memory/memories?limit=1&offset=2&kind=fact%2Cinsight&state=archived%2Cdeleted&agent_id=a&category=a%26b&session_id=s1");
        (page.Total, page.Next).ShouldBe((7, "c2"));
        await Should.ThrowAsync<InvalidRequestException>(() => _service.Client().ListMemoriesAsync(new MemoryQuery { Filter = new MemoryFilter { From = Time } }));
    }

    [Fact]
    public async Task A_memory_is_read_changed_deleted_and_restored_by_its_id()
    {
        _service.AnswersJson(Json(Record, GranaryJson.Default.MemoryRecord), headers: ("ETag", "\"3\""));
        var client = _service.Client();

        (await client.GetMemoryAsync("a+b")).ETag.ShouldBe("\"3\"");
        (await client.UpdateMemoryAsync("a+b", new PatchMemoryRequest { Content = "New.", Pinned = false }, "\"3\"")).Value.Content.ShouldBe("Ada likes tea.");
        await client.RestoreMemoryAsync("a+b", "why not");
        await client.DeleteMemoryAsync("a+b", purge: true, reason: "a b");

        _service.Requests.Select(request => $"{request.Method} {request.PathAndQuery} {request.Text}").ShouldBe(
        [
            "GET /memory/memories/a%2Bb ",
            """PATCH /memory/memories/a%2Bb {"content":"New.","pinned":false}""",
            """POST /memory/memories/a%2Bb/restore {"reason":"why not"}""",
            "DELETE /memory/memories/a%2Bb?purge=true&reason=a%20b ",
        ]);
        _service.Requests.ElementAt(1).Header("If-Match").ShouldBe("\"3\"");
        await Should.ThrowAsync<InvalidRequestException>(() => client.GetMemoryAsync("a/b"));
        await Should.ThrowAsync<InvalidRequestException>(() => client.GetTurnAsync("s1:4"));
    }

    [Fact]
    public async Task A_change_whose_outcome_is_unknown_is_not_repeated()
    {
        _service.AnswersProblem(503, ErrorCodes.StorageUnavailable);

        await Should.ThrowAsync<UnavailableException>(() => _service.Client().UpdateMemoryAsync("m", new PatchMemoryRequest { Content = "x" }));

        _service.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Forgetting_and_insights_and_figures_ask_their_routes()
    {
        _service.AnswersJson(Json(new ForgetResult(1, ["m"], 2, true), GranaryJson.Default.ForgetResult))
            .AnswersJson(Json(new InsightsResponse("ada", [], 0), GranaryJson.Default.InsightsResponse))
            .AnswersJson(Json(new MemoryHistoryResponse("m", [], 0), GranaryJson.Default.MemoryHistoryResponse));
        var client = _service.Client();

        (await client.ForgetAsync(new ForgetMemoriesRequest { MaxAgeDays = 30, DryRun = true })).Forgotten.ShouldBe(1);
        await client.GetInsightsAsync(recentOnly: true, limit: 5);
        await client.GetMemoryHistoryAsync("m");

        _service.Requests.Select(request => $"{request.Method} {request.PathAndQuery} {request.Text}").ShouldBe(
        [
            """POST /memory/forget {"max_age_days":30,"dry_run":true}""",
            """POST /insights {"recent_only":true,"limit":5}""",
            "GET /memory/memories/m/history ",
        ]);
    }

    [Fact]
    public async Task An_unhealthy_memory_is_an_answer()
    {
        _service.AnswersJson(
            """{"healthy":false,"status":"unhealthy","service":"memory-api","provider":"native","provider_healthy":false,"database_connection":false,"vectors_available":false,"response_time_ms":1,"error":"gone"}""",
            HttpStatusCode.ServiceUnavailable);

        (await _service.Client().GetMemoryHealthAsync()).Error.ShouldBe("gone");
    }

    [Fact]
    public async Task An_erasure_names_its_user_in_path_and_header()
    {
        var erasure = new UserErasure { ErasureId = "e1", UserId = "bob", Status = UserErasureStatus.Running, RequestedAt = Time };
        _service.AnswersJson(Json(erasure, GranaryJson.Default.UserErasure), HttpStatusCode.Accepted);

        (await _service.Client().EraseUserAsync("bob")).Status.ShouldBe(UserErasureStatus.Running);
        await _service.Client().GetErasureAsync("bob");

        _service.Requests.Select(request => $"{request.Method} {request.PathAndQuery}").ShouldBe(["DELETE /users/bob", "GET /users/bob/erasure"]);
        _service.Requests.ShouldAllBe(request => request.Header("X-User-ID") == "bob");
    }

    private void Asked(HttpMethod method, string pathAndQuery, string? json = null)
    {
        _service.Only.Method.ShouldBe(method);
        _service.Only.PathAndQuery.ShouldBe(pathAndQuery);
        if (json is not null)
        {
            _service.Only.Text.ShouldBe(json);
        }
    }

    private static string Json<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);
}
