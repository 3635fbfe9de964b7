using Granary.Providers.Chain;

namespace Granary.Providers.Tests.Chain;

/// <summary>Rules for tests.</summary>
internal static class ChainRules
{
    /// <summary>Every provider is tried once.</summary>
    public static Dictionary<string, FailoverRuleOptions> Once() =>
        Enum.GetNames<MemoryOperation>().ToDictionary(name => name, _ => new FailoverRuleOptions { Attempts = 1, RetryDelayMs = 0 });

    /// <summary>Every provider is tried as often as usual, without a pause.</summary>
    public static Dictionary<string, FailoverRuleOptions> WithoutPauses() =>
        Enum.GetNames<MemoryOperation>().ToDictionary(name => name, _ => new FailoverRuleOptions { RetryDelayMs = 0 });
}
