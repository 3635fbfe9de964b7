using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Granary.Llm.Functions;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Agents;

/// <summary>An agent that answers questions with a model, tools and memory. Safe for several threads.</summary>
public sealed partial class MemoryProxy
{
    /// <summary>The answer where the model said nothing.</summary>
    public const string NoAnswer = "I'm not sure how to respond to that.";

    private readonly IChatModels models;
    private readonly AgentModel? agent;
    private readonly FunctionRegistry? registry;
    private readonly IReadOnlyList<AgentFunction> own;
    private readonly ToolLoop loop;
    private readonly int maxFunctions;

    // Names of which was warned: each question finds them anew.
    private readonly ConcurrentDictionary<string, byte> told = new(StringComparer.Ordinal);
    private readonly ILogger logger;

    /// <summary>Makes an agent.</summary>
    /// <param name="models">The models.</param>
    /// <param name="agent">Who it is; null for a plain relay without a system prompt. <see cref="Abstracted"/> makes one of any type.</param>
    /// <param name="functions">Further functions that it may call.</param>
    /// <param name="memory">The memory of <see cref="MemoryProxyOptions.MemoryTools"/>.</param>
    /// <param name="options">How it answers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of failures that callers do not see.</param>
    /// <exception cref="ArgumentException">A setting is wrong, or two of the functions have one name.</exception>
    public MemoryProxy(
        IChatModels models,
        AgentModel? agent = null,
        FunctionRegistry? functions = null,
        IMemoryCluster? memory = null,
        MemoryProxyOptions? options = null,
        TimeProvider? time = null,
        ILogger<MemoryProxy>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(models);
        options ??= new MemoryProxyOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxFunctions, 1);
        if (options.MemoryTools && memory is null)
        {
            throw new ArgumentException("MemoryTools need a memory.", nameof(memory));
        }

        this.models = models;
        this.agent = agent;
        this.logger = logger ?? NullLogger<MemoryProxy>.Instance;
        registry = functions;
        own = [.. agent?.Functions ?? [], .. options.MemoryTools ? new MemoryTools(memory!).Functions : []];
        if (own.GroupBy(static function => function.Name, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1) is { } doubled)
        {
            throw new ArgumentException($"The agent's function '{doubled.Key}' has the name of another one; name it otherwise by [DisplayName].", nameof(agent));
        }

        maxFunctions = options.MaxFunctions;
        loop = new ToolLoop(options.Loop, time);
    }

    /// <summary>
    /// Answers a question. Never throws but for <paramref name="cancellationToken"/>: without an answer the text says so, beginning with
    /// <c>Error: </c> where something failed.
    /// </summary>
    /// <param name="question">The question.</param>
    /// <param name="context">Who asks, and how.</param>
    /// <param name="maxIterations">How often the model is asked at the most, 1 or more; fewer if <see cref="CallingContext.MaxIterations"/> says so.</param>
    /// <param name="cancellationToken">Ends everything.</param>
    public async Task<string> RunAsync(string question, CallingContext? context = null, int maxIterations = 10, CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        string? final = null;
        try
        {
            await foreach (var next in StreamAsync(question, context, maxIterations, cancellationToken).ConfigureAwait(false))
            {
                switch (next)
                {
                    case RelayedPiece { Piece: { Kind: Streaming.StreamEventKind.Content, Text: { } piece } }:
                        text.Append(piece);
                        break;
                    case Completion completion:
                        final = completion.FinalResponse;
                        break;
                }
            }
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(failure);
            return "Error: " + failure.Message;
        }

        return final is { Length: > 0 } ? final : text.Length > 0 ? text.ToString() : NoAnswer;
    }

    /// <summary>Answers a question and tells all that happens, as it happens; the last event is a <see cref="Completion"/>.</summary>
    /// <param name="question">The question.</param>
    /// <param name="context">Who asks, and how.</param>
    /// <param name="maxIterations">How often the model is asked at the most, 1 or more; fewer if <see cref="CallingContext.MaxIterations"/> says so.</param>
    /// <param name="cancellationToken">Ends everything.</param>
    public async IAsyncEnumerable<ProxyEvent> StreamAsync(
        string question,
        CallingContext? context = null,
        int maxIterations = 10,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        context ??= new CallingContext();
        var functions = await OfferAsync(question, cancellationToken).ConfigureAwait(false);
        var conversation = new ModelsConversation(models, Ask(question, context, functions.Values));
        var limit = Math.Min(maxIterations, context.MaxIterations ?? maxIterations);
        await foreach (var next in loop.RunAsync(conversation, functions, context, limit, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            await TellAsync(context.StreamingCallback, next, cancellationToken).ConfigureAwait(false);
            if (next is Completion completion)
            {
                await TellAsync(context.ResponseCallback, completion.FinalResponse, cancellationToken).ConfigureAwait(false);
            }

            yield return next;
        }
    }

    private ChatRequest Ask(string question, CallingContext context, IEnumerable<AgentFunction> functions)
    {
        var messages = new List<ModelMessage>(context.Messages.Count + 2);
        if (Instructions(context) is { Length: > 0 } prompt)
        {
            messages.Add(new ModelMessage { Role = MessageRole.System, Content = prompt });
        }

        messages.AddRange(context.Messages);
        messages.Add(new ModelMessage
        {
            Role = MessageRole.User,
            Content = question,
            Media = context.FileUris.Count == 0 ? null : [.. context.FileUris.Select(static address => new MediaReference(KindOf(address), address))],
        });
        return new ChatRequest
        {
            Model = context.Model,
            Messages = messages,
            Temperature = context.Temperature,
            MaxTokens = context.MaxTokens,
            Tools = [.. functions.Select(static function => function.Definition)],
            ResponseFormat = context.ResponseModel ?? agent?.ResponseFormat ?? (context.PreferJson ? new ResponseFormat() : null),
            Stream = true,
        };
    }

    private string Instructions(CallingContext context) => string.Join("\n\n", new[]
    {
        agent?.SystemPrompt,
        string.IsNullOrWhiteSpace(context.SessionContext) ? null : "## About this conversation\n\n" + context.SessionContext,
        string.IsNullOrWhiteSpace(context.Plan) ? null : "## Plan to follow\n\n" + context.Plan,
    }.Where(static part => !string.IsNullOrEmpty(part)));

    /// <summary>What the end of an address says of a file.</summary>
    private static MediaKind KindOf(string address)
    {
        if (address.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return address.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase) ? MediaKind.Image
                : address.StartsWith("data:audio/", StringComparison.OrdinalIgnoreCase) ? MediaKind.Audio
                : address.StartsWith("data:video/", StringComparison.OrdinalIgnoreCase) ? MediaKind.Video
                : MediaKind.File;
        }

        var path = address.AsSpan(0, address.AsSpan().IndexOfAny('?', '#') is >= 0 and var end ? end : address.Length);
        return Path.GetExtension(path).ToString().ToLowerInvariant() switch
        {
            ".png" or ".jpg" or ".jpeg" or ".gif" or ".webp" => MediaKind.Image,
            ".mp3" or ".wav" or ".ogg" or ".flac" or ".m4a" => MediaKind.Audio,
            ".mp4" or ".webm" or ".mov" => MediaKind.Video,
            _ => MediaKind.File,
        };
    }

    private async Task<IReadOnlyDictionary<string, AgentFunction>> OfferAsync(string question, CancellationToken cancellationToken)
    {
        var offered = own.Take(maxFunctions).ToDictionary(static function => function.Name, StringComparer.Ordinal);
        if (registry is null)
        {
            return offered;
        }

        var others = await registry.ListAsync(cancellationToken).ConfigureAwait(false);
        if (offered.Count + others.Count > maxFunctions)
        {
            var fitting = (await registry.SearchFunctionsAsync(question, maxFunctions, cancellationToken).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);

            // The sort keeps the order by name within both parts.
            others = [.. others.OrderByDescending(function => fitting.Contains(function.Name))];
        }

        foreach (var function in others)
        {
            if (offered.Count >= maxFunctions)
            {
                break;
            }

            if (!offered.TryAdd(function.Name, function) && told.TryAdd(function.Name, 0))
            {
                LogNameTaken(function.Name);
            }
        }

        return offered;
    }

    private async ValueTask TellAsync<T>(Func<T, CancellationToken, ValueTask>? listener, T news, CancellationToken cancellationToken)
    {
        if (listener is null)
        {
            return;
        }

        try
        {
            await listener(news, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogListenerFailed(failure);
        }
    }
}
