using System.Reflection;
using Granary.Orleans.Cluster;
using Granary.Orleans.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Granary.Orleans.Tests.Serialization;

/// <summary>Errors on their way between silos.</summary>
public sealed class ErrorTests : IDisposable
{
    private static readonly MemoryException[] Errors =
    [
        new AccessDeniedException(ErrorCodes.ReadOnly, "read only"),
        new ConflictException(ErrorCodes.KeyReused, "reused"),
        new ErasedException("erased"),
        new NotFoundException("not found"),
        new InvalidRequestException("messages[0].content", "is required"),
        new TooLargeException("messages", "must hold at most 100"),
        new PreconditionFailedException("\"7-1\""),
        new PreconditionFailedException(null),
        new UnavailableException(ErrorCodes.Stopping, "stopping", TimeSpan.FromMilliseconds(1500)),
    ];

    private readonly ServiceProvider _services = new ServiceCollection().AddGranaryContracts().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Every_error_of_the_memory_passes_with_its_properties()
    {
        // Memory providers are asked where the request comes in, never by a grain.
        var kinds = typeof(MemoryException).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(MemoryException)) && type != typeof(ProviderLimitException));
        Errors.Select(error => error.GetType()).Distinct().ShouldBe(kinds, ignoreOrder: true);
        var serializer = _services.GetRequiredService<Serializer>();
        foreach (var error in Errors)
        {
            var passed = serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(error));
            passed.ShouldBeOfType(error.GetType());
            Own(passed).ShouldBe(Own(error));
        }
    }

    [Fact]
    public async Task What_the_memory_did_not_answer_is_told_as_unavailable()
    {
        await IsAsync(ErrorCodes.ClusterUnavailable, new SiloUnavailableException("gone"));
        await IsAsync(ErrorCodes.ClusterUnavailable, new TimeoutException());
        await IsAsync(ErrorCodes.ClusterUnavailable, new OperationCanceledException());
        await IsAsync(ErrorCodes.ClusterUnavailable, new ObjectDisposedException("client"));
        await IsAsync(ErrorCodes.ClusterUnavailable, new IOException("cut off"));
        await IsAsync(ErrorCodes.RateLimited, new LimitExceededException("queue", 2, 1, "a grain"));
        await IsAsync(ErrorCodes.RateLimited, new GatewayTooBusyException());
    }

    [Fact]
    public async Task A_fault_of_ours_is_told_as_it_is_and_not_to_be_repeated()
    {
        foreach (var fault in (Exception[])[new InvalidOperationException("a bug"), new CodecNotFoundException("no codec"), new ArgumentException("a bug")])
        {
            (await Should.ThrowAsync<Exception>(() => GuardedAsync(fault))).ShouldBeSameAs(fault);
        }
    }

    [Fact]
    public async Task What_the_memory_answered_and_what_the_caller_gave_up_is_told_as_it_is()
    {
        foreach (var error in Errors)
        {
            (await Should.ThrowAsync<MemoryException>(() => GuardedAsync(error))).ShouldBeSameAs(error);
        }

        using var gaveUp = new CancellationTokenSource();
        await gaveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => ClusterCalls.GuardAsync(() => Task.FromCanceled<int>(gaveUp.Token), gaveUp.Token));
    }

    private static async Task IsAsync(string code, Exception thrown)
    {
        var told = await Should.ThrowAsync<UnavailableException>(() => GuardedAsync(thrown));
        (told.Code, told.InnerException).ShouldBe((code, thrown));
        told.RetryAfter.ShouldBeGreaterThan(TimeSpan.Zero);
        (await Should.ThrowAsync<UnavailableException>(async () => await ClusterCalls.GuardAsync(0, thrown, static (_, e) => ValueTask.FromException<int>(e)))).Code.ShouldBe(code);
        (await Should.ThrowAsync<UnavailableException>(() => ClusterCalls.GuardAsync(() => Task.FromException(thrown), CancellationToken.None))).Code.ShouldBe(code);
    }

    private static Task<int> GuardedAsync(Exception thrown) => ClusterCalls.GuardAsync(() => Task.FromException<int>(thrown), CancellationToken.None);

    private static Dictionary<string, object?> Own(Exception error) => error.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => typeof(MemoryException).IsAssignableFrom(property.DeclaringType))
        .Append(typeof(Exception).GetProperty(nameof(Exception.Message))!)
        .DistinctBy(property => property.Name)
        .ToDictionary(property => property.Name, property => property.GetValue(error));
}
