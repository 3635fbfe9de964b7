using Microsoft.AspNetCore.Builder;

namespace Granary.Http.Identity;

/// <summary>The scope that an endpoint declares, as its metadata.</summary>
/// <param name="scope">The scope.</param>
public sealed class RequiredScope(GranaryScope scope)
{
    /// <summary>The scope.</summary>
    public GranaryScope Scope { get; } = scope;
}

/// <summary>Declares the scope of an endpoint.</summary>
public static class RequiredScopeExtensions
{
    /// <summary>Declares who may call the endpoint.</summary>
    /// <param name="builder">The endpoint.</param>
    /// <param name="scope">The scope.</param>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, GranaryScope scope)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredScope(scope));
}
