namespace Granary.Hosting.Settings;

/// <summary>The framework's binder, with errors that name the setting.</summary>
internal static class ConfigurationBinding
{
    /// <summary>Sets the properties of an object from a section.</summary>
    /// <exception cref="SettingException">The section has a name that the object lacks, or a value of the wrong type.</exception>
    public static void BindStrictly(this IConfigurationSection section, object target)
    {
        try
        {
            section.Bind(target, options => options.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException error)
        {
            throw new SettingException($"{section.Path}: {error.Message}");
        }
    }
}
