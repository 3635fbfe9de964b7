using System.Security.Cryptography;
using System.Text;

namespace Granary.Http.Proxy;

/// <summary>The session of a user who names none.</summary>
internal static class DerivedSessions
{
    private const string Prefix = "conv-";

    private const int HashBytes = 16;

    /// <summary>
    /// <c>conv-</c> and the first 16 bytes, in hexadecimal, of SHA-256 over the agent, a line break and the text of the conversation's first
    /// user message (its pictures' addresses where it has no text): the same conversation leads to the same session however often it is
    /// sent, as long as the client keeps its first message.
    /// </summary>
    /// <returns>Null if nobody has said anything.</returns>
    public static string? Of(Conversation conversation, string? agent)
    {
        if (conversation.FirstQuestion is not { } first)
        {
            return null;
        }

        var text = first.Content.Length > 0 || first.Media is null ? first.Content : string.Join('\n', first.Media.Select(media => media.Url));
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes((agent ?? Ids.DefaultAgent) + "\n" + text.Trim()));
        return Prefix + Convert.ToHexStringLower(hash.AsSpan(0, HashBytes));
    }
}
