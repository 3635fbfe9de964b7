namespace Granary.Orleans.Benchmarks;
internal static class Sweep { public static Task RunAsync(int sessions) => Task.CompletedTask; }
