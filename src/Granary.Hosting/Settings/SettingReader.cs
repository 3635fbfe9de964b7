using System.Globalization;

namespace Granary.Hosting.Settings;

/// <summary>Reads flat settings; what is wrong is told by name.</summary>
internal readonly struct SettingReader(IConfiguration configuration)
{
    /// <summary>The text, without blanks around it; the default where nothing is set.</summary>
    public string Text(FlatSetting setting)
    {
        // An empty variable is what scripts leave behind when they have nothing to say.
        var value = configuration[setting.Path];
        return string.IsNullOrWhiteSpace(value) ? setting.Default : value.Trim();
    }

    public int Whole(FlatSetting setting, int min, int max) =>
        int.TryParse(Text(setting), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Wrong(setting, $"must be a whole number from {min} to {max}");

    public double Number(FlatSetting setting, double min, double max) =>
        double.TryParse(Text(setting), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Wrong(setting, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"));

    public bool Switch(FlatSetting setting) => Text(setting).ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => throw Wrong(setting, "must be true or false"),
    };

    /// <summary>The error of a value that breaks a rule.</summary>
    public SettingException Wrong(FlatSetting setting, string rule) => new($"{setting.Name} ({setting.Path}) {rule}, not '{Text(setting)}'.");
}
