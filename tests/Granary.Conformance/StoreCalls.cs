using System.Text;
using Granary.Core.Storage;

namespace Granary.Conformance;

/// <summary>Short forms of the port's calls for tests.</summary>
public static class StoreCalls
{
    /// <summary>Commits writes at a version.</summary>
    public static ValueTask<CommitResult> CommitAsync(
        this IPartitionStore store, string partition, PartitionVersion expected, params DocumentWrite[] writes) =>
        store.CommitAsync(new PartitionCommit { Partition = partition, Expected = expected, Writes = writes });

    /// <summary>Commits writes at a version and asserts that they were written.</summary>
    /// <returns>The new version.</returns>
    public static async Task<PartitionVersion> WriteAsync(
        this IPartitionStore store, string partition, PartitionVersion expected, params DocumentWrite[] writes) =>
        await store.WriteAsync(new PartitionCommit { Partition = partition, Expected = expected, Writes = writes });

    /// <summary>Commits and asserts that it was written.</summary>
    /// <returns>The new version.</returns>
    public static async Task<PartitionVersion> WriteAsync(this IPartitionStore store, PartitionCommit commit)
    {
        var result = await store.CommitAsync(commit);
        result.Status.ShouldBe(CommitStatus.Committed);
        result.Version.ShouldNotBe(PartitionVersion.None);
        return result.Version;
    }

    /// <summary>Erases a partition at the version that it has.</summary>
    public static async ValueTask DeleteAsync(this IPartitionStore store, string partition) =>
        (await store.DeleteAsync(partition, await store.VersionAsync(partition))).ShouldBeTrue();

    /// <summary>Reads all pages of a range.</summary>
    public static async Task<List<Document>> ReadAllAsync(this IPartitionStore store, string partition, DocumentRange range)
    {
        var documents = new List<Document>();
        for (DocumentRange? next = range; next is { } current;)
        {
            var page = await store.ReadAsync(partition, current);
            documents.AddRange(page.Documents);
            next = page.Next is null ? null : current with { From = page.Next, Floor = null };
        }

        return documents;
    }

    /// <summary>Reads all documents as text, by id in order.</summary>
    public static async Task<Dictionary<string, string>> ReadTextsAsync(this IPartitionStore store, string partition) =>
        (await store.ReadAllAsync(partition, Everything)).ToDictionary(d => d.Id, d => Encoding.UTF8.GetString(d.Body.Span));

    /// <summary>The partition's version.</summary>
    public static async Task<PartitionVersion> VersionAsync(this IPartitionStore store, string partition) =>
        (await store.GetAsync(partition, [])).Version;

    /// <summary>The range of all documents.</summary>
    public static DocumentRange Everything => new("-", "~");

    /// <summary>A put of text.</summary>
    public static DocumentWrite Put(string id, string text) => DocumentWrite.Put(id, Encoding.UTF8.GetBytes(text));

    /// <summary>An insert of text.</summary>
    public static DocumentWrite Insert(string id, string text) => DocumentWrite.Insert(id, Encoding.UTF8.GetBytes(text));
}
