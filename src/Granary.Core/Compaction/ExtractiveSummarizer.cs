using Granary.Core.Tokens;

namespace Granary.Core.Compaction;

/// <summary>Summarizes by choosing sentences; needs no model.</summary>
public sealed class ExtractiveSummarizer : ISummarizer
{
    /// <inheritdoc/>
    public int MaxInputTokens => int.MaxValue;

    /// <inheritdoc/>
    public ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var text = string.Join('\n', request.Messages.Where(message => message.Content.Length > 0).Select(message => $"{message.Role}: {message.Content}"));
        return new(new Summary(ExtractiveText.Shorten(text, request.MaxTokens, request.Model), [], []));
    }
}
