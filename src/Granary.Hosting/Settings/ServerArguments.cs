namespace Granary.Hosting.Settings;

/// <summary>
/// Reads the command line: <c>--NAME VALUE</c> or <c>--NAME=VALUE</c>, where NAME is a flat setting in any case, with <c>-</c> or <c>_</c>
/// (<c>--port</c>, <c>--data-dir</c>), or a full name (<c>--Granary:MaxEventStreams</c>).
/// </summary>
internal static class ServerArguments
{
    /// <summary>The option that names a JSON file of settings.</summary>
    public const string ConfigFile = "CONFIG";

    /// <summary>Reads the options.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="known">The flat settings that there are.</param>
    /// <exception cref="SettingException">An option is not known or has no value.</exception>
    public static Dictionary<string, string?> Parse(IReadOnlyList<string> arguments, IReadOnlyList<FlatSetting> known)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        for (var at = 0; at < arguments.Count; at++)
        {
            var argument = arguments[at];
            if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2)
            {
                throw new SettingException($"'{argument}' is not an option; write --NAME VALUE, or --help for the names.");
            }

            var equals = argument.IndexOf('=');
            var name = equals < 0 ? argument[2..] : argument[2..equals];
            var value = equals >= 0 ? argument[(equals + 1)..]
                : at + 1 < arguments.Count ? arguments[++at]
                : throw new SettingException($"--{name} needs a value.");
            settings[KeyOf(name, known)] = value;
        }

        return settings;
    }

    private static string KeyOf(string name, IReadOnlyList<FlatSetting> known)
    {
        if (name.StartsWith("Granary:", StringComparison.OrdinalIgnoreCase))
        {
            return name;
        }

        var flat = name.Replace('-', '_').ToUpperInvariant();
        return flat == ConfigFile || known.Any(setting => setting.Name == flat) || FlatSettings.WithoutEffect.Contains(flat)
            ? flat
            : throw new SettingException($"--{name} is not an option; --help tells the names.");
    }
}
