using Granary.Http.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Granary.Http.Documentation;

/// <summary>Serves the description. It cannot change while the process runs, so it is made once.</summary>
internal sealed class OpenApiEndpoint([FromKeyedServices("v1")] IOpenApiDocumentProvider documents)
{
    private readonly Lock _lock = new();
    private Task<byte[]>? _document;

    public async Task InvokeAsync(HttpContext context) => await JsonAnswer.WriteAsync(context, await DocumentAsync());

    private Task<byte[]> DocumentAsync()
    {
        lock (_lock)
        {
            // One that failed is tried again.
            return _document is { IsFaulted: false } made ? made : _document = MakeAsync();
        }
    }

    private async Task<byte[]> MakeAsync()
    {
        var document = await documents.GetOpenApiDocumentAsync(CancellationToken.None);
        using var output = new MemoryStream();
        await document.SerializeAsJsonAsync(output, OpenApiSpecVersion.OpenApi3_1, CancellationToken.None);
        return output.ToArray();
    }
}
