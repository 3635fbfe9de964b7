using System.Runtime.CompilerServices;
using Granary.Llm.Providers;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests.Proxy;

/// <summary>What an answer that is still coming holds in memory.</summary>
public sealed class OpenStreamTests : ProxyTest
{
    [Theory]
    [InlineData(5_000)]
    [InlineData(500_000)]
    public async Task An_open_stream_does_not_hold_the_prompt(int bytes)
    {
        var end = new TaskCompletionSource();
        Upstream.Answer = async (context, _) =>
        {
            await ScriptedUpstream.Sse(context, Texts.ChatStream("Under")[..2]);
            await end.Task;
        };
        var (answer, prompt) = await AskAsync(bytes);
        try
        {
            using (answer)
            {
                var body = await answer.ReadAsync();
                (await body.ReadAsync(new byte[64])).ShouldBeGreaterThan(0);
                await UntilAsync(() =>
                {
                    GC.Collect();
                    return Task.FromResult(!prompt.IsAlive);
                });
            }
        }
        finally
        {
            end.SetResult();
        }

        Upstream.Last.Body.Length.ShouldBe(bytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<(ProviderResponse Answer, WeakReference Prompt)> AskAsync(int bytes)
    {
        var body = Enumerable.Repeat((byte)' ', bytes).ToArray();
        var route = Fixture.Server.Services.GetRequiredService<IProviderRouter>().Route("gpt-4o")[0];
        var call = new ProviderCall { Operation = ProviderOperation.Chat, Model = route.Model, Body = body, Stream = true };
        return (await route.Provider.SendAsync(call), new WeakReference(body));
    }
}
