using Granary.Core.Users;

namespace Granary.Hosting.Settings;

/// <summary>Reads <c>Granary:Vectors</c>.</summary>
internal static class VectorSettings
{
    private const string Section = "Granary:Vectors";

    /// <summary>The options.</summary>
    /// <exception cref="SettingException">A value is wrong, or a name is not known.</exception>
    public static MemoryVectorOptions Read(HostSettings settings)
    {
        var options = new MemoryVectorOptions();
        settings.Configuration.GetSection(Section).BindStrictly(options);
        try
        {
            options.Validate();
        }
        catch (InvalidOperationException error)
        {
            throw new SettingException(error.Message);
        }

        return options;
    }
}
