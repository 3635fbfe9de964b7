using Granary.Llm.Providers;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Providers;

public class ProviderAddressTests
{
    [Theory]
    [InlineData(ProviderKind.OpenAI, null, "https://api.openai.com/v1/chat/completions")]
    [InlineData(ProviderKind.OpenAI, "http://h:1", "http://h:1/v1/chat/completions")]
    [InlineData(ProviderKind.OpenAI, "http://h:1/v1", "http://h:1/v1/chat/completions")]
    [InlineData(ProviderKind.OpenAI, "http://h:1/v1/", "http://h:1/v1/chat/completions")]
    [InlineData(ProviderKind.Compatible, "https://h/openai/v1", "https://h/openai/v1/chat/completions")]
    [InlineData(ProviderKind.Compatible, "https://h/api/paas/v4", "https://h/api/paas/v4/chat/completions")]
    [InlineData(ProviderKind.Compatible, "https://h/v1beta/openai", "https://h/v1beta/openai/chat/completions")]
    [InlineData(ProviderKind.Mistral, null, "https://api.mistral.ai/v1/chat/completions")]
    [InlineData(ProviderKind.Anthropic, null, "https://api.anthropic.com/v1/messages")]
    [InlineData(ProviderKind.Anthropic, "http://h", "http://h/v1/messages")]
    [InlineData(ProviderKind.Anthropic, "http://h/v1/", "http://h/v1/messages")]
    [InlineData(ProviderKind.Ollama, "http://h", "http://h/api/chat")]
    [InlineData(ProviderKind.Ollama, "http://h/v1", "http://h/api/chat")]
    [InlineData(ProviderKind.Ollama, "http://h/api/", "http://h/api/chat")]
    [InlineData(ProviderKind.Gemini, null, "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent")]
    [InlineData(ProviderKind.Gemini, "http://h/v1", "http://h/v1/models/m:generateContent")]
    [InlineData(ProviderKind.Azure, "https://x.openai.azure.com/", "https://x.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21")]
    [InlineData(ProviderKind.Azure, "https://x.openai.azure.com/openai", "https://x.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21")]
    [InlineData(ProviderKind.Azure, "https://x.openai.azure.com/openai/v1", "https://x.openai.azure.com/openai/v1/chat/completions")]
    public void Base_addresses_work_with_and_without_a_version(ProviderKind kind, string? address, string expected) =>
        new ProviderAddress(Setup(kind, address)).Of(Chat("m")).AbsoluteUri.ShouldBe(expected);

    [Theory]
    [InlineData(ProviderKind.OpenAI, ProviderOperation.Responses, "http://h/v1/responses")]
    [InlineData(ProviderKind.OpenAI, ProviderOperation.Embeddings, "http://h/v1/embeddings")]
    [InlineData(ProviderKind.OpenAI, ProviderOperation.Models, "http://h/v1/models")]
    [InlineData(ProviderKind.Anthropic, ProviderOperation.CountTokens, "http://h/v1/messages/count_tokens")]
    [InlineData(ProviderKind.Anthropic, ProviderOperation.Models, "http://h/v1/models?limit=1000")]
    [InlineData(ProviderKind.Gemini, ProviderOperation.CountTokens, "http://h/v1beta/models/a%20b:countTokens")]
    [InlineData(ProviderKind.Gemini, ProviderOperation.Embeddings, "http://h/v1beta/models/a%20b:batchEmbedContents")]
    [InlineData(ProviderKind.Ollama, ProviderOperation.Embeddings, "http://h/v1/embeddings")]
    [InlineData(ProviderKind.Azure, ProviderOperation.Embeddings, "http://h/openai/deployments/a%20b/embeddings?api-version=2024-10-21")]
    [InlineData(ProviderKind.Azure, ProviderOperation.Responses, "http://h/openai/v1/responses")]
    public void Each_operation_has_its_address(ProviderKind kind, ProviderOperation operation, string expected) =>
        new ProviderAddress(Setup(kind, "http://h")).Of(new ProviderCall { Operation = operation, Model = "a b" }).AbsoluteUri.ShouldBe(expected);

    [Fact]
    public void Gemini_streams_by_another_method_and_without_a_key_in_the_address() =>
        new ProviderAddress(Setup(ProviderKind.Gemini, null)).Of(Chat("gemini-2.5-flash", stream: true)).AbsoluteUri
            .ShouldBe("https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");

    [Theory]
    [InlineData("models/gemini-2.5-pro", "http://h/v1beta/models/gemini-2.5-pro:generateContent")]
    [InlineData("tunedModels/mine", "http://h/v1beta/tunedModels/mine:generateContent")]
    [InlineData("../../secret?x=1", "http://h/v1beta/models/..%2F..%2Fsecret%3Fx%3D1:generateContent")]
    public void A_models_name_cannot_leave_its_place_in_the_address(string model, string expected) =>
        new ProviderAddress(Setup(ProviderKind.Gemini, "http://h")).Of(Chat(model)).AbsoluteUri.ShouldBe(expected);

    [Theory]
    [InlineData(ProviderKind.Gemini, "..")]
    [InlineData(ProviderKind.Gemini, "models/..")]
    [InlineData(ProviderKind.Azure, "..")]
    [InlineData(ProviderKind.Azure, "")]
    public void A_name_that_would_lead_elsewhere_names_no_model(ProviderKind kind, string model) =>
        Should.Throw<ProviderException>(() => new ProviderAddress(Setup(kind, "http://h")).Of(Chat(model))).Status.ShouldBe(404);

    [Fact]
    public void Azure_has_deployments_by_model_for_all_chats_or_as_the_model_is_called()
    {
        var address = new ProviderAddress(Setup(ProviderKind.Azure, "http://h", options =>
        {
            options.Deployment = "chats";
            options.Deployments["gpt-4o-mini"] = "small";
        }));
        address.Of(Chat("gpt-4o-mini")).AbsolutePath.ShouldBe("/openai/deployments/small/chat/completions");
        address.Of(Chat("gpt-4o")).AbsolutePath.ShouldBe("/openai/deployments/chats/chat/completions");
        address.Of(new ProviderCall { Operation = ProviderOperation.Embeddings, Model = "text-embedding-3-small" })
            .AbsolutePath.ShouldBe("/openai/deployments/text-embedding-3-small/embeddings");
    }

    [Theory]
    [InlineData(ProviderKind.Anthropic, ProviderOperation.Embeddings)]
    [InlineData(ProviderKind.Anthropic, ProviderOperation.Responses)]
    [InlineData(ProviderKind.Gemini, ProviderOperation.Responses)]
    [InlineData(ProviderKind.OpenAI, ProviderOperation.CountTokens)]
    public void What_a_provider_lacks_is_404(ProviderKind kind, ProviderOperation operation) =>
        Should.Throw<ProviderException>(() => new ProviderAddress(Setup(kind, "http://h")).Of(new ProviderCall { Operation = operation, Model = "m" }))
            .Status.ShouldBe(404);
}
