namespace Granary.Http.Proxy;

/// <summary>Settings of the memory proxy (<c>Granary:Proxy</c>).</summary>
public sealed class ProxyOptions
{
    /// <summary>The largest body of a call of the proxy in bytes, 1 KiB to 1 GiB; 32 MiB by default, because pictures come in bodies.</summary>
    public int MaxBodyBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>The largest whole answer of a provider in bytes, 1 KiB to 1 GiB; 64 MiB by default. Streams have no limit of their own.</summary>
    public int MaxAnswerBytes { get; set; } = 64 * 1024 * 1024;

    internal IEnumerable<string> Validate(string path)
    {
        if (MaxBodyBytes is < 1024 or > 1 << 30)
        {
            yield return $"{path}:MaxBodyBytes must be 1024 to {1 << 30}.";
        }

        if (MaxAnswerBytes is < 1024 or > 1 << 30)
        {
            yield return $"{path}:MaxAnswerBytes must be 1024 to {1 << 30}.";
        }
    }
}
