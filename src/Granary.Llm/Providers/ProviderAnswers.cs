namespace Granary.Llm.Providers;

/// <summary>The engine's own calls without a provider's package.</summary>
internal static class ProviderAnswers
{
    /// <summary>Sends a call.</summary>
    /// <exception cref="ProviderException">The provider could not be asked.</exception>
    public static async Task<RawAnswer> SendAsync(IChatProvider provider, ProviderCall call, TimeProvider time, CancellationToken cancellationToken)
    {
        var response = await provider.SendAsync(call, cancellationToken).ConfigureAwait(false);
        try
        {
            var body = await response.ReadAsync(cancellationToken).ConfigureAwait(false);
            return new RawAnswer(response.Status, body, RetryAfter.Of(response.Headers, time), response);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>The answer if it is one; a refusal is read, disposed and thrown.</summary>
    /// <exception cref="ProviderException">The provider refused.</exception>
    public static async Task<RawAnswer> RequireSuccessAsync(IChatProvider provider, RawAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.IsSuccess)
        {
            return answer;
        }

        using (answer)
        {
            throw await ProviderErrors.ReadAsync(provider.Name, answer, cancellationToken).ConfigureAwait(false);
        }
    }
}
