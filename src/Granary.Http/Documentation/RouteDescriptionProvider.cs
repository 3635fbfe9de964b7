using Granary.Http.Identity;
using Granary.Http.Problems;
using Granary.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Routing;

namespace Granary.Http.Documentation;

/// <summary>
/// Describes the hand-written routes. The framework derives descriptions from the parameters of handlers, and a
/// <see cref="RequestDelegate"/> has none; what a route takes and answers is in its <see cref="RouteDescription"/> instead.
/// </summary>
internal sealed class RouteDescriptionProvider(EndpointDataSource endpoints, KeyRing keys) : IApiDescriptionProvider
{
    // The framework looks at a parameter's metadata where its type is an enum.
    private static readonly EmptyModelMetadataProvider Metadata = new();

    // After the framework's own provider, whose guesses about our routes are dropped.
    public int Order => 100;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
        context.Results.Clear();
        foreach (var endpoint in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<RouteDescription>() is { } description)
            {
                context.Results.Add(Describe(endpoint, description));
            }
        }
    }

    private ApiDescription Describe(RouteEndpoint endpoint, RouteDescription description)
    {
        var result = new ApiDescription
        {
            HttpMethod = endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods[0],
            RelativePath = endpoint.RoutePattern.RawText!.TrimStart('/'),
            ActionDescriptor = new ActionDescriptor
            {
                DisplayName = endpoint.DisplayName,
                RouteValues = { ["controller"] = description.Tag },
                EndpointMetadata = [.. endpoint.Metadata, new TagsAttribute(description.Tag), new EndpointSummaryAttribute(description.Summary)],
            },
        };
        foreach (var parameter in endpoint.RoutePattern.Parameters)
        {
            result.ParameterDescriptions.Add(Parameter(parameter.Name, typeof(string), BindingSource.Path, required: true));
        }

        if (endpoint.Metadata.GetRequiredMetadata<RequiredScope>().Scope != GranaryScope.Open)
        {
            result.ParameterDescriptions.Add(Parameter(RouteParameter.Tenant.Name, typeof(string), BindingSource.Header, required: false));
        }

        foreach (var parameter in description.Parameters)
        {
            result.ParameterDescriptions.Add(Parameter(parameter.Name, parameter.Type, parameter.InHeader ? BindingSource.Header : BindingSource.Query, required: false));
        }

        if (description.Body is { } body)
        {
            result.ParameterDescriptions.Add(Parameter("body", body, BindingSource.Body, !description.BodyOptional));
            result.SupportedRequestFormats.Add(new ApiRequestFormat { MediaType = description.BodyContentType });
        }

        foreach (var answer in description.Answers)
        {
            result.SupportedResponseTypes.Add(Answer(answer));
        }

        foreach (var status in ProblemsOf(endpoint, description))
        {
            result.SupportedResponseTypes.Add(Answer(new RouteAnswer(status, typeof(Problem), ProblemText.Of(status)) { ContentType = ProblemWriter.ContentType }));
        }

        return result;
    }

    /// <summary>The route's own problems and those that every route of its kind has.</summary>
    private IEnumerable<int> ProblemsOf(RouteEndpoint endpoint, RouteDescription description)
    {
        if (endpoint.Metadata.GetRequiredMetadata<RequiredScope>().Scope == GranaryScope.Open)
        {
            return description.Problems;
        }

        IEnumerable<int> common = [400, 429, 500];
        return common
            .Concat(description.Body is null ? [] : [415])
            .Concat(keys.IsRequired ? [401] : [])
            .Concat(description.Problems)
            .Distinct()
            .Order();
    }

    private static ApiParameterDescription Parameter(string name, Type type, BindingSource source, bool required) => new()
    {
        Name = name,
        Type = type,
        Source = source,
        IsRequired = required,
        ModelMetadata = Metadata.GetMetadataForType(type),
        ParameterDescriptor = new ParameterDescriptor { Name = name, ParameterType = type, BindingInfo = new BindingInfo { BindingSource = source } },
    };

    private static ApiResponseType Answer(RouteAnswer answer)
    {
        var result = new ApiResponseType { StatusCode = answer.Status, Type = answer.Type ?? typeof(void), Description = answer.Description };
        if (answer.Type is not null)
        {
            result.ApiResponseFormats.Add(new ApiResponseFormat { MediaType = answer.ContentType });
        }

        return result;
    }
}
