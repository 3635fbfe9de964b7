using Granary.Core.Tokens;
using Granary.Llm.Requests;

namespace Granary.Llm.Models;

/// <summary>Teaches the token counter what providers report of the engine's own calls, each call once.</summary>
internal static class UsageLearning
{
    /// <summary>Learns from a call.</summary>
    public static void Observe(ITokenCounter tokens, ChatRequest request, ChatUsage? usage)
    {
        if (usage is { InputTokens: > 0 } && RequestTokens.Teaches(request) && RequestTokens.Count(tokens, request) is > 0 and var counted)
        {
            tokens.Observe(request.Model, counted, usage.InputTokens);
        }
    }
}
