using System.Collections;

namespace Granary.Hosting.Settings;

/// <summary>
/// Puts the sources of settings together, each stronger than the one before: <c>appsettings.json</c> beside the binaries, the file that
/// CONFIG names, <c>.env</c> in the working folder, the environment, the command line.
/// </summary>
internal static class ServerConfiguration
{
    /// <summary>Reads all sources.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="workingFolder">The folder of <c>.env</c>.</param>
    /// <param name="environment">The environment's variables.</param>
    /// <param name="own">The flat settings that the executable has besides those of all.</param>
    /// <param name="sections">The sections without flat names that it has besides those of all.</param>
    /// <exception cref="SettingException">A source cannot be understood, or has a name that is not known.</exception>
    public static IConfigurationRoot Read(
        IReadOnlyList<string> arguments,
        string workingFolder,
        IDictionary environment,
        IReadOnlyList<FlatSetting>? own = null,
        IReadOnlyList<string>? sections = null)
    {
        IReadOnlyList<FlatSetting> known = [.. FlatSettings.All, .. own ?? []];
        var commandLine = ServerArguments.Parse(arguments, known);
        var file = DotEnvFile.Read(Path.Combine(workingFolder, ".env"));
        var variables = Variables(environment);
        var builder = new ConfigurationBuilder();
        builder.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false);
        var configFile = commandLine.GetValueOrDefault(ServerArguments.ConfigFile)
            ?? variables.GetValueOrDefault("GRANARY_CONFIG") ?? file.GetValueOrDefault("GRANARY_CONFIG");
        if (configFile is not null)
        {
            builder.AddJsonFile(Path.GetFullPath(configFile, workingFolder), optional: false, reloadOnChange: false);
        }

        foreach (var source in new[] { file, variables, commandLine })
        {
            AddPaths(source, known);
            builder.AddInMemoryCollection(source);
        }

        try
        {
            var configuration = builder.Build();
            RefuseUnknown(configuration, known, [.. FlatSettings.Sections, .. sections ?? []]);
            return configuration;
        }
        catch (FileNotFoundException)
        {
            throw new SettingException($"--config (GRANARY_CONFIG): there is no file '{configFile}'.");
        }
        catch (InvalidDataException error)
        {
            throw new SettingException($"{error.Message} {error.InnerException?.Message}".Trim());
        }
    }

    // Of two names of one setting, the one of the stronger source decides, so within a source both must be there.
    private static void AddPaths(Dictionary<string, string?> source, IReadOnlyList<FlatSetting> known)
    {
        foreach (var setting in known)
        {
            if (source.GetValueOrDefault(setting.Name) is { } value && !string.IsNullOrWhiteSpace(value))
            {
                source[setting.Path] = value;
            }
        }
    }

    private static Dictionary<string, string?> Variables(IDictionary environment)
    {
        // Names may differ in case alone (http_proxy and HTTP_PROXY, say); settings may not.
        var variables = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in environment)
        {
            variables[((string)entry.Key).Replace("__", ":")] = (string?)entry.Value;
        }

        return variables;
    }

    /// <summary>A misspelled setting would otherwise be a setting that silently has no effect.</summary>
    private static void RefuseUnknown(IConfiguration configuration, IReadOnlyList<FlatSetting> settings, IReadOnlyList<string> sections)
    {
        var granary = configuration.GetSection("Granary");
        RefuseOthers(granary, [.. settings.Select(setting => setting.Key.Split(':')[0]), .. sections]);
        foreach (var section in settings.Where(setting => setting.Key.Contains(':')).GroupBy(setting => setting.Key.Split(':')[0]))
        {
            // What is bound as a whole tells its unknown names itself.
            if (!sections.Contains(section.Key))
            {
                RefuseOthers(granary.GetSection(section.Key), [.. section.Select(setting => setting.Key.Split(':')[1])]);
            }
        }
    }

    private static void RefuseOthers(IConfigurationSection parent, IEnumerable<string> names)
    {
        var known = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var section in parent.GetChildren())
        {
            if (!known.Contains(section.Key))
            {
                throw new SettingException($"{section.Path} is not a setting. There are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
            }
        }
    }
}
