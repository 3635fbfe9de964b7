namespace Granary.Core.Users.Erasure;

/// <summary>What is left to do of an erasure.</summary>
/// <param name="ErasureId">The erasure.</param>
/// <param name="Life">The life of the user that ends; sessions of another one are left alone.</param>
/// <param name="Sessions">Some of the sessions that are left; none: all are gone.</param>
internal sealed record ErasureWork(string ErasureId, string? Life, IReadOnlyList<string> Sessions);
