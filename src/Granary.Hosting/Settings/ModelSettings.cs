using Granary.Llm.Audit;
using Granary.Llm.Batch;

namespace Granary.Hosting.Settings;

/// <summary>Reads the settings of the audit and of batches.</summary>
internal static class ModelSettings
{
    /// <summary>Fills the options.</summary>
    /// <exception cref="SettingException">A value is wrong, or a name is not known.</exception>
    public static void Fill(AuditOptions options, IConfiguration configuration)
    {
        configuration.GetSection("Granary:Audit").BindStrictly(options);
        Check(options.Validate);
    }

    /// <summary>Fills the options.</summary>
    /// <exception cref="SettingException">A value is wrong, or a name is not known.</exception>
    public static void Fill(BatchOptions options, IConfiguration configuration)
    {
        configuration.GetSection("Granary:Batches").BindStrictly(options);
        Check(options.Validate);
    }

    private static void Check(Action validate)
    {
        try
        {
            validate();
        }
        catch (InvalidOperationException error)
        {
            throw new SettingException(error.Message);
        }
    }
}
