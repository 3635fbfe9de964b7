using Granary.Hosting.Keys;
using Granary.Hosting.Settings;

namespace Granary.Hosting;

/// <summary>What <c>--help</c> prints.</summary>
internal static class Help
{
    public static void Print(HostKind kind, TextWriter output)
    {
        output.WriteLine(kind.Title);
        output.WriteLine();
        output.WriteLine("  [--NAME VALUE ...]   run the server");
        output.WriteLine($"  {KeyCommand.Usage}");
        output.WriteLine();
        output.WriteLine("Settings, each also as a variable of the environment or in .env (the command line wins, then the environment):");
        foreach (var setting in FlatSettings.All.Concat(kind.Settings))
        {
            var option = "--" + setting.Name.ToLowerInvariant().Replace('_', '-');
            output.WriteLine($"  {option,-28} {setting.Description}{(setting.Default.Length == 0 ? "" : $" Default {setting.Default}.")}");
        }

        output.WriteLine($"  {"--config",-28} A JSON file with the section Granary (also GRANARY_CONFIG): keys, memory resources, limits.");
    }
}
