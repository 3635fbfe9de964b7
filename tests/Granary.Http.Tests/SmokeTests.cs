using Granary.Conformance.Http;

namespace Granary.Http.Tests;

public sealed class SmokeTests(FakeFixture fixture) : HttpConformance<FakeFixture>(fixture)
{
    [Fact]
    public async Task Everything_once()
    {
        (await StoreAsync("s")).ShouldBe(200);
        (await Api.PostAsync("/memory/context", """{"session_id":"s"}""")).ShouldBe(200);
        (await Api.GetAsync("/openapi/v1.json")).ShouldBe(200);
        File.WriteAllText("/tmp/openapi.json", (await Api.GetAsync("/openapi/v1.json")).Text);
        (await Api.GetAsync("/docs/index.html")).ShouldBe(200);
        (await Api.GetAsync("/docs")).Status.ShouldBeLessThan(400);
        (await Api.GetAsync("/nothing")).ShouldBeProblem(404, "not_found");
        (await Api.DeleteAsync("/memory/store")).ShouldBeProblem(405, "method_not_allowed");
    }
}
