using System.Text;
using Granary.Llm.Providers;
using Granary.Llm.Streaming;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Tests.Providers;

/// <summary>Providers for tests.</summary>
internal static class TestProviders
{
    /// <summary>Long enough for a loaded machine; no test waits that long when all is well.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static ProviderSetup Setup(ProviderKind kind, string? address, Action<ProviderOptions>? change = null, string? name = null)
    {
        var options = new ProviderOptions { Kind = kind, BaseUrl = address, Key = "the-key" };
        change?.Invoke(options);
        return new ProviderSetup(name ?? kind.ToString().ToLowerInvariant(), options);
    }

    public static HttpChatProvider Provider(
        string? address, Action<ProviderOptions>? change = null, ProviderKind kind = ProviderKind.OpenAI, TimeProvider? time = null, string? name = null) =>
        new(Setup(kind, address, change, name), time ?? TimeProvider.System, NullLogger<HttpChatProvider>.Instance);

    public static ProviderCall Chat(string model = "gpt-4o", bool stream = false, string body = "{}", string? credential = null) => new()
    {
        Operation = ProviderOperation.Chat,
        Model = model,
        Stream = stream,
        Body = Encoding.UTF8.GetBytes(body),
        Credential = credential,
    };

    public static async Task<string> TextAsync(this ProviderResponse response)
    {
        using var reader = new StreamReader(await response.ReadAsync());
        return await reader.ReadToEndAsync();
    }

    public static ProviderRouter Router(params ProviderSetup[] setups) => Router(null, setups);

    public static ProviderRouter Router(TimeProvider? time, params ProviderSetup[] setups) => new(
        setups,
        setup => new HttpChatProvider(setup, time ?? TimeProvider.System, NullLogger<HttpChatProvider>.Instance),
        new ModelCatalogue([], setups));

    public static ChatModels ModelsOf(IProviderRouter router, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        return new ChatModels(router, new ChatDialects(time), new OpenAIGateway(time), time, NullLogger<ChatModels>.Instance);
    }

    public static ChatRequest Ask(string model, string text = "hello") =>
        new() { Model = model, Messages = [new ModelMessage { Role = MessageRole.User, Content = text }] };

    public static async Task<List<StreamEvent>> AllAsync(this IAsyncEnumerable<StreamEvent> events)
    {
        var all = new List<StreamEvent>();
        await foreach (var next in events)
            all.Add(next);
        return all;
    }

    public static IServiceCollection AddLogs(this IServiceCollection services, ILoggerFactory? factory) =>
        services.AddSingleton(factory ?? NullLoggerFactory.Instance).AddSingleton(typeof(ILogger<>), typeof(Logger<>));

    public static IConfiguration Configuration(params (string Name, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(item => KeyValuePair.Create(item.Name, item.Value))).Build();

    /// <summary>An answer of OpenAI's.</summary>
    public static string Completion(string text, int promptTokens = 10, int answerTokens = 5) =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":{{System.Text.Json.JsonSerializer.Serialize(text)}}},"finish_reason":"stop"}],"usage":{"prompt_tokens":{{promptTokens}},"completion_tokens":{{answerTokens}},"total_tokens":{{promptTokens + answerTokens}} } }""";

    /// <summary>A piece of a stream of OpenAI's.</summary>
    public static string Chunk(string text, string? finish = null) =>
        $$"""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":{{System.Text.Json.JsonSerializer.Serialize(text)}}},"finish_reason":{{(finish is null ? "null" : $"\"{finish}\"")}}}]}""" + "\n\n";

    public const string Done = "data: [DONE]\n\n";
}
