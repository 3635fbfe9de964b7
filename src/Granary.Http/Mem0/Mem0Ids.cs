using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Http.Mem0;

/// <summary>Ids of mem0's clients in the grammar of this service, and the other way round.</summary>
internal static class Mem0Ids
{
    private const string HashPrefix = "mem0_";

    /// <summary>The longest id that is taken from a client, in characters.</summary>
    private const int MaxForeign = 1_024;

    private const int MaxMemoryId = 400;

    /// <summary>The id that stands for a client's: itself where it follows the grammar, else a hash of it.</summary>
    public static string Of(string foreign, string field)
    {
        if (IsOwn(foreign))
        {
            return foreign;
        }

        return foreign.Length is > 0 and <= MaxForeign
            ? Hash(foreign)
            : throw new InvalidRequestException(field, $"must be 1 to {MaxForeign} characters");
    }

    /// <summary>What keeps memories of one application and run apart from those of others that say the same; null where there is neither.</summary>
    public static string? OfScope(string? app, string? run) => app is null && run is null ? null : Hash(new JsonArray(app, run).ToJsonString());

    /// <summary>Whether a client's id stands for itself.</summary>
    public static bool IsOwn([NotNullWhen(true)] string? foreign) => Ids.IsValid(foreign) && !foreign!.StartsWith(HashPrefix, StringComparison.Ordinal);

    /// <summary>The last part of the path that was asked for, as its client meant it.</summary>
    public static string OfPath(HttpContext context, string parameter)
    {
        var routed = context.Request.RouteValues[parameter] as string ?? "";
        if (!routed.Contains("%2F", StringComparison.OrdinalIgnoreCase))
        {
            return routed;
        }

        // The server has decoded all but slashes, so that it cannot be told any more whether %2F was sent as such: what came over the wire can.
        var sent = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = sent.AsSpan(0, sent.IndexOf('?') is >= 0 and var query ? query : sent.Length).TrimEnd('/');
        return Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..]);
    }

    /// <summary>A memory's id as mem0's clients get it: routes that take it name no user, so that it must say whose it is.</summary>
    public static string OfMemory(string user, string record) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{user}\n{record}"));

    /// <summary>The user and the record of an id.</summary>
    /// <exception cref="NotFoundException">It is none that this service gave.</exception>
    public static (string User, string Record) Parse(string? memory)
    {
        if (memory is { Length: > 0 and <= MaxMemoryId } && Base64Url.IsValid(memory))
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(memory)).Split('\n');
            if (parts.Length == 2 && Ids.IsValid(parts[0]) && Ids.IsValid(parts[1]))
            {
                return (parts[0], parts[1]);
            }
        }

        throw new NotFoundException("There is no such memory.");
    }

    private static string Hash(string text) => HashPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
