using Granary.Core.Users;

namespace Granary.Hosting.Settings;

/// <summary>Reads <c>Granary:Memories</c>: what becomes of memory records as time goes by.</summary>
internal static class LifecycleSettings
{
    /// <summary>The section's name within <c>Granary</c>.</summary>
    public const string Name = "Memories";

    /// <summary>The options.</summary>
    /// <exception cref="SettingException">A value is wrong, or a name is not known.</exception>
    public static MemoryLifecycleOptions Read(IConfiguration configuration)
    {
        var options = new MemoryLifecycleOptions();
        configuration.GetSection("Granary:" + Name).BindStrictly(options);
        try
        {
            options.Validate();
        }
        catch (InvalidOperationException error)
        {
            throw new SettingException($"Granary:{Name}: {error.Message}");
        }

        return options;
    }
}
