namespace Granary.Core.Tokens;

/// <summary>Counts the tokens of texts and messages for a model. Never waits, never throws for any text, safe for all threads.</summary>
public interface ITokenCounter
{
    /// <summary>Tokens of a text: 0 for an empty one, otherwise 1 or more.</summary>
    /// <param name="text">The text.</param>
    /// <param name="model">The model, or null for an unknown one.</param>
    int Count(string text, string? model);

    /// <summary>Tokens of a message in a prompt: all that a model gets of it, and what its role costs.</summary>
    int Count(Message message, string? model);

    /// <summary>Learns from the usage that a provider reported, so that later counts for the model come closer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="counted">What this counter had said, 1 or more.</param>
    /// <param name="reported">What the provider reported, 1 or more.</param>
    void Observe(string model, int counted, int reported);
}
