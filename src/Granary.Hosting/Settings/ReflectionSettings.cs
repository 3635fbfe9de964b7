using Granary.Core.Reflection;

namespace Granary.Hosting.Settings;

/// <summary>Reads <c>Granary:Reflection</c>, with its flat names.</summary>
internal static class ReflectionSettings
{
    private const string Section = "Granary:Reflection";

    /// <summary>The options.</summary>
    /// <exception cref="SettingException">A value is wrong, or a name is not known.</exception>
    public static ReflectionOptions Read(HostSettings settings)
    {
        var options = new ReflectionOptions { ChunkTurns = settings.Server.TurnChunks, ThresholdTurns = settings.Server.ReflectionThreshold };
        var section = settings.Configuration.GetSection(Section);
        if (section.GetSection(nameof(options.Categories)).Exists())
        {
            // The binder adds to what is there; who names categories means these alone.
            options.Categories = [];
        }

        section.BindStrictly(options);
        (options.ChunkTurns, options.ThresholdTurns) = (settings.Server.TurnChunks, settings.Server.ReflectionThreshold);
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
