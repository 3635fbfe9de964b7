using System.Text.Json;

namespace Granary.Sample.Replay.Conversations;

/// <summary>Reads files of conversations.</summary>
internal static class ConversationFile
{
    /// <summary>The conversation that comes with this program: somebody opens a bakery.</summary>
    public static string Bakery => Shipped("bakery.json");

    /// <summary>The conversation of the three-session scenario.</summary>
    public static string Advisor => Shipped("advisor.json");

    /// <exception cref="ConversationFileException">The file cannot be read, or is none.</exception>
    public static async Task<IReadOnlyList<Conversation>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var file = File.OpenRead(path);
            await using (file.ConfigureAwait(false))
            {
                var conversations = await JsonSerializer.DeserializeAsync(
                    file, ConversationJson.Default.IReadOnlyListConversation, cancellationToken).ConfigureAwait(false);
                if (conversations?.Contains(null!) ?? false)
                    throw new JsonException("A conversation is null.");
                return conversations is { Count: > 0 } ? conversations : throw new ConversationFileException($"{path} has no conversation.");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConversationFileException($"{path} cannot be read: {error.Message}");
        }
        catch (JsonException error)
        {
            throw new ConversationFileException(
                $"{path} is not a list of {{id, speakers, sessions: [{{n, date_time, turns: [{{id, speaker, text}}]}}]}}: {error.Message}");
        }
    }

    private static string Shipped(string name) => Path.Combine(AppContext.BaseDirectory, "conversations", name);
}

/// <summary>A file that cannot be replayed, in words for its owner.</summary>
internal sealed class ConversationFileException(string message) : Exception(message);
