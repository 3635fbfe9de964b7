namespace Granary.Http;

/// <summary>What a host wants to be asked before <c>/health/ready</c> says that the service is ready; any number may be registered.</summary>
public interface IReadinessCheck
{
    /// <summary>Why the service is not ready, in words for operators; null if nothing is in the way. Answers at once, without I/O.</summary>
    string? WhyNotReady();
}
