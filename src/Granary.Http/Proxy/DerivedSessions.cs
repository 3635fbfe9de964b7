using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Http.Proxy;

/// <summary>The session of a user who names none.</summary>
internal static class DerivedSessions
{
    private const string Prefix = "conv-";

    private const int HashBytes = 16;

    /// <summary>More than anybody ends or erases of conversations that begin with the same words.</summary>
    private const int MaxGenerations = 1 << 20;

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

    /// <summary>
    /// The session that follows on a derived one that was ended or erased: the derived id, a hyphen and the first number from 2 whose session takes
    /// turns or does not exist. Found in steps that double and then halve, so that many ended ones cost little.
    /// </summary>
    /// <exception cref="ConflictException">All of them are used up.</exception>
    public static async Task<string> NextAsync(IMemoryCluster cluster, UserKey user, string derived, CancellationToken cancellationToken)
    {
        var (used, free) = (1, 2);
        while (!await IsFreeAsync(free))
        {
            (used, free) = (free, free * 2);
            if (free > MaxGenerations)
            {
                throw new ConflictException(ErrorCodes.Completed, $"Session '{derived}' was ended and followed too often; name another session.");
            }
        }

        while (free - used > 1)
        {
            var middle = (used + free) / 2;
            (used, free) = await IsFreeAsync(middle) ? (used, middle) : (middle, free);
        }

        return IdOf(free);

        string IdOf(int generation) => string.Create(CultureInfo.InvariantCulture, $"{derived}-{generation}");

        async Task<bool> IsFreeAsync(int generation)
        {
            try
            {
                var info = await cluster.Session(new SessionKey(user.Tenant, user.User, IdOf(generation))).GetInfoAsync(cancellationToken);
                return info.Status != SessionStatus.Completed;
            }
            catch (NotFoundException)
            {
                return true;
            }
            catch (ErasedException)
            {
                return false;
            }
        }
    }
}
