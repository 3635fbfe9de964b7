using Microsoft.Extensions.Configuration;

namespace Granary.Llm.Providers;

/// <summary>The framework's binder, with errors that name the setting.</summary>
internal static class StrictSection
{
    /// <summary>Sets the properties of an object from a section and tells what it could not understand.</summary>
    public static IReadOnlyList<string> Bind(IConfigurationSection section, object target)
    {
        var known = target.GetType().GetProperties().Select(property => property.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var failures = section.GetChildren().Where(child => !known.Contains(child.Key))
            .Select(child => $"{child.Path} is not a setting. There are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.").ToList();
        if (section.Value is { Length: > 0 })
        {
            failures.Add($"{section.Path} must be a section, not a value.");
        }

        try
        {
            section.Bind(target);
        }
        catch (InvalidOperationException error)
        {
            failures.Add($"{section.Path}: {error.Message}{(error.InnerException is { } cause ? $" {cause.Message}" : "")}");
        }

        return failures;
    }
}
