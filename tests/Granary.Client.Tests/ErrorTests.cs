using System.Net;
using System.Net.Sockets;
using Granary.Client.Tests.Support;
using static Granary.Client.Tests.Support.Samples;

namespace Granary.Client.Tests;

public sealed class ErrorTests
{
    private readonly FakeService _service = new();

    [Theory]
    [InlineData(400, ErrorCodes.InvalidRequest, typeof(InvalidRequestException))]
    [InlineData(401, ErrorCodes.Unauthorized, typeof(AccessDeniedException))]
    [InlineData(403, ErrorCodes.Forbidden, typeof(AccessDeniedException))]
    [InlineData(403, ErrorCodes.ReadOnly, typeof(AccessDeniedException))]
    [InlineData(404, ErrorCodes.NotFound, typeof(NotFoundException))]
    [InlineData(409, ErrorCodes.Completed, typeof(ConflictException))]
    [InlineData(409, ErrorCodes.AlreadyExists, typeof(ConflictException))]
    [InlineData(409, ErrorCodes.KeyReused, typeof(ConflictException))]
    [InlineData(410, ErrorCodes.Erased, typeof(ErasedException))]
    [InlineData(412, ErrorCodes.PreconditionFailed, typeof(PreconditionFailedException))]
    [InlineData(413, ErrorCodes.TooLarge, typeof(TooLargeException))]
    [InlineData(429, ErrorCodes.RateLimited, typeof(UnavailableException))]
    [InlineData(503, ErrorCodes.StorageUnavailable, typeof(UnavailableException))]
    [InlineData(503, ErrorCodes.Stopping, typeof(UnavailableException))]
    [InlineData(500, ClientErrorCodes.InternalError, typeof(UnavailableException))]
    public async Task A_problem_becomes_the_exception_that_the_same_case_throws_in_process(int status, string code, Type type)
    {
        _service.AnswersProblem(status, code, "In words.");
        var error = await FailAsync();
        error.ShouldBeOfType(type);
        error.Code.ShouldBe(code);
        error.GetTraceId().ShouldBe("0af7651916cd43dd8448eb211c80319c");
        if (error is not (InvalidRequestException or TooLargeException or PreconditionFailedException))
            error.Message.ShouldBe("In words.");
    }

    [Fact]
    public async Task A_broken_rule_names_its_field()
    {
        _service.AnswersProblem(400, ErrorCodes.InvalidRequest, field: "messages[2].role", rule: "is required");
        var error = (await FailAsync()).ShouldBeOfType<InvalidRequestException>();
        (error.Field, error.Rule).ShouldBe(("messages[2].role", "is required"));
        var large = new FakeService().AnswersProblem(413, ErrorCodes.TooLarge, field: "messages[0]", rule: "is larger than 262144 bytes");
        var tooLarge = await Should.ThrowAsync<TooLargeException>(() => large.Client().GetContextAsync("s1"));
        (tooLarge.Field, tooLarge.Rule).ShouldBe(("messages[0]", "is larger than 262144 bytes"));
    }

    [Fact]
    public async Task A_failed_condition_tells_the_current_etag()
    {
        _service.AnswersProblem(412, ErrorCodes.PreconditionFailed, headers: ("ETag", "\"9-1\""));
        (await FailAsync()).ShouldBeOfType<PreconditionFailedException>().CurrentETag.ShouldBe("\"9-1\"");
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, "text/html", "<html>Welcome</html>", ClientErrorCodes.MalformedAnswer)]
    [InlineData(HttpStatusCode.OK, "application/json", "{\"session_id\":", ClientErrorCodes.MalformedAnswer)]
    [InlineData(HttpStatusCode.OK, "application/json", "null", ClientErrorCodes.MalformedAnswer)]
    [InlineData(HttpStatusCode.OK, "application/json", "{\"a\":1}", ClientErrorCodes.MalformedAnswer)]
    [InlineData(HttpStatusCode.Found, "text/html", "", ClientErrorCodes.MalformedAnswer)]
    [InlineData(HttpStatusCode.NotFound, "text/html", "<html>Not here</html>", ClientErrorCodes.MalformedAnswer)]
    [InlineData(HttpStatusCode.BadGateway, "text/html", "<html>Bad gateway</html>", ClientErrorCodes.Unreachable)]
    [InlineData(HttpStatusCode.BadGateway, "application/json", "[]", ClientErrorCodes.Unreachable)]
    [InlineData(HttpStatusCode.InternalServerError, "text/plain", "oops", ClientErrorCodes.InternalError)]
    [InlineData(HttpStatusCode.TooManyRequests, "text/plain", "slow down", ErrorCodes.RateLimited)]
    public async Task What_is_not_the_service_s_answer_is_told_as_such(HttpStatusCode status, string type, string body, string code)
    {
        _service.Answers(_ => FakeService.Json(body, status, type));
        (await FailAsync()).ShouldBeOfType<UnavailableException>().Code.ShouldBe(code);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, typeof(AccessDeniedException))]
    [InlineData(HttpStatusCode.Forbidden, typeof(AccessDeniedException))]
    [InlineData(HttpStatusCode.RequestEntityTooLarge, typeof(TooLargeException))]
    public async Task A_proxy_s_refusal_without_a_problem_document_keeps_its_kind(HttpStatusCode status, Type type)
    {
        _service.Answers(_ => FakeService.Json("<html/>", status, "text/html"));
        (await FailAsync()).ShouldBeOfType(type);
    }

    [Fact]
    public async Task A_service_that_cannot_be_reached_is_named_with_the_reason()
    {
        _service.Throws(new HttpRequestException(HttpRequestError.ConnectionError, "x", new SocketException((int)SocketError.ConnectionRefused)));
        var error = (await FailAsync()).ShouldBeOfType<UnavailableException>();
        error.Code.ShouldBe(ClientErrorCodes.Unreachable);
        error.Message.ShouldContain("http://granary.test:8000 did not answer: Connection refused");
        error.InnerException.ShouldBeOfType<HttpRequestException>();
    }

    [Fact]
    public async Task An_answer_with_an_unknown_field_is_read()
    {
        _service.AnswersJson(ContextJson[..^1] + ",\"of_a_later_version\":[1]}");
        (await _service.Client().GetContextAsync("s1")).SessionId.ShouldBe("s1");
    }

    private Task<MemoryException> FailAsync() =>
        Should.ThrowAsync<MemoryException>(() => _service.Client(options => options.MaxRetries = 0).GetContextAsync("s1"));
}
