#pragma warning disable CS1591
using Granary.Core.Storage;
namespace Granary.Core.Storage { internal static class DocumentIds { public static string Encode(string s)=>Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(s)); } }
namespace Granary.Core.Messages { internal static class AppendValidator { public static void Validate(AppendRequest r){} public static void ValidateMessage(Message m, string f){} } }
namespace Granary.Core.Resources {
internal sealed class Redactor { public IReadOnlyList<Message> Redact(IReadOnlyList<Message> m)=>m; }
internal sealed class ResolvedResource { public required MemoryResource Resource; public Redactor Redactor = new(); }
internal sealed class ResourceHandle { public string Name="default"; public ResolvedResource Current = new(){Resource=new MemoryResource{Name="default"}}; }
public static class GranaryResources { public static MemoryResource Default(int k=5)=>new MemoryResource{Name="default"}; }
internal sealed class ResourceCatalog
{
    public ResourceCatalog(IPartitionStore store, IReadOnlyList<MemoryResource> configured, MemoryResource defaultResource, TimeProvider time) { }
    public IResourceCatalog For(string tenant) => throw new NotImplementedException();
    public ValueTask<ResourceHandle> ResolveAsync(string tenant, string? name, CancellationToken ct) => new(new ResourceHandle());
    public ValueTask<ResourceHandle> ResolveForSessionAsync(string tenant, string name, CancellationToken ct) => new(new ResourceHandle());
}}
