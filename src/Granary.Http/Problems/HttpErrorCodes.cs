using Granary.Llm.Providers;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Problems;

/// <summary>The <c>code</c> of problems that only HTTP knows; all others are in <see cref="ErrorCodes"/>.</summary>
public static class HttpErrorCodes
{
    /// <summary>Something unexpected went wrong in the service (500).</summary>
    public const string InternalError = "internal_error";

    /// <summary>The route exists, but not with this method (405).</summary>
    public const string MethodNotAllowed = "method_not_allowed";

    /// <summary>The body's content type is not the one of the route (415).</summary>
    public const string UnsupportedMediaType = "unsupported_media_type";

    /// <summary>No provider of the model could be asked, or its answer cannot be used.</summary>
    public const string ProviderFailed = "provider_failed";

    /// <summary>No provider has the model (404): what OpenAI calls it too.</summary>
    public const string ModelNotFound = "model_not_found";

    /// <summary>The code of what went wrong at a provider.</summary>
    internal static string Of(ProviderException error) => error.Status == StatusCodes.Status404NotFound ? ModelNotFound : ProviderFailed;

    /// <summary>The request's body came too slowly (408).</summary>
    public const string RequestTimeout = "request_timeout";
}
