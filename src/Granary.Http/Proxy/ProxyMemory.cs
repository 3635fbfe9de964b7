using System.Text.Json.Nodes;
using Granary.Core.Tokens;
using Granary.Http.Proxy.Shapes;
using Granary.Llm;
using Granary.Llm.Providers;
using Granary.Llm.Rendering;
using Granary.Llm.Requests;

namespace Granary.Http.Proxy;

/// <summary>Gives a request what its session knows and the client did not send: one system block, with what is recalled, and the stored turns that it lacks.</summary>
internal sealed class ProxyMemory(PromptRecall recall, InvocationHooks hooks, Redactors redactors, ITokenCounter counter, IRecallSource? source = null)
{
    public Redactors Redactors => redactors;

    /// <summary>Tokens to be kept free for what is recalled.</summary>
    public int MaxRecallTokens(int budget) => source is null ? 0 : recall.MaxTokens(budget);

    /// <summary>Asks the recall source, if the host has one.</summary>
    public ValueTask<Recollection> RecallAsync(SessionKey session, string? agent, ChatRequest request, int budget, CancellationToken cancellationToken) =>
        recall.RecallAsync(source, session, request.Messages, budget, request.Model, agent, cancellationToken);

    /// <summary>Adds the memory to the body.</summary>
    /// <returns>The prompt as hooks see it: whole only if one wants it, because an open stream holds it.</returns>
    public AssembledRequest Add(
        RequestShape shape,
        ChatRequest request,
        IChatRenderer renderer,
        ProxyTurn turn,
        Conversation sent,
        Recollection recalled,
        SessionKey session,
        ModelInfo model,
        int budget)
    {
        var context = turn.Context;
        var merged = turn.Merge();
        var lacking = SystemBlock.Lacking([.. request.Messages.Where(message => message.Role == MessageRole.System)], context);
        var texts = PromptRecall.NotSaid(recalled.Texts, merged.Conversation);
        var block = SystemBlock.Text(lacking, SystemBlock.Snapshot(context), null, texts);
        if (block.Length > 0)
        {
            shape.AddSystem(block);
        }

        if (context is not null)
        {
            LackingTurns.Insert(shape, merged, sent, renderer);
        }

        var tokens = RequestTokens.Count(counter, request);
        tokens += block.Length > 0 ? RequestTokens.OfMessage(counter, new ModelMessage { Role = MessageRole.System, Content = block }, request.Model) : 0;
        var teaches = RequestTokens.Teaches(request);
        foreach (var message in merged.Conversation)
        {
            if (!sent.Has(message))
            {
                tokens += RequestTokens.OfMessage(counter, message, request.Model);
                teaches &= message.Media is not { Count: > 0 };
            }
        }

        return new AssembledRequest
        {
            Session = session,
            Request = hooks.NeedPrompts ? renderer.ParseRequest(shape.Body) : new ChatRequest { Model = request.Model, Messages = [], Stream = request.Stream },
            Payload = hooks.NeedPrompts ? shape.Body : new JsonObject(),
            Tokens = tokens,
            Estimate = Math.Max(1, tokens),
            Teaches = teaches,
            InputBudget = budget,
            CompactionRatio = model.CompactionRatio,
            Epoch = context?.Epoch ?? 1,
            ETag = context?.ETag,
            LeftOut = new LeftOut { Recalled = recalled.LeftOut, RecallError = recalled.Error },
            HasMemory = merged.StoredMessages > 0,
        };
    }
}
