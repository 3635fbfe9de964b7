using Granary.Http.Identity;
using Granary.Hosting.Settings;

namespace Granary.Hosting.Keys;

/// <summary><c>key new --tenant NAME [--user NAME] [--name NAME]</c>: makes a key, prints it once, and what to configure.</summary>
internal static class KeyCommand
{
    public const string Usage = "key new --tenant NAME [--user NAME] [--name NAME]";

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">What follows <c>key</c>.</param>
    /// <param name="output">Where to print.</param>
    /// <exception cref="SettingException">An argument is wrong.</exception>
    public static int Run(string[] arguments, TextWriter output)
    {
        if (arguments is not ["new", .. var options] || options.Length % 2 != 0)
        {
            throw new SettingException($"Write: {Usage}");
        }

        var given = new Dictionary<string, string>();
        for (var at = 0; at < options.Length; at += 2)
        {
            if (options[at] is not ("--tenant" or "--user" or "--name"))
            {
                throw new SettingException($"'{options[at]}' is not an option. Write: {Usage}");
            }

            given[options[at]] = options[at + 1];
        }

        var tenant = Id(given.GetValueOrDefault("--tenant") ?? throw new SettingException($"--tenant is required. Write: {Usage}"), "--tenant");
        var user = given.GetValueOrDefault("--user") is { } named ? Id(named, "--user") : null;
        var key = ApiKey.Create();
        output.WriteLine($"Key (shown only now, kept nowhere): {key.Text}");
        output.WriteLine($"Hash: {key.Hash}");
        output.WriteLine();
        output.WriteLine(user is null
            ? $"A service key of tenant {tenant}: it may name any user of it. Configure it (0 is the first key, 1 the second, ...):"
            : $"A key of user {user} of tenant {tenant}. Configure it (0 is the first key, 1 the second, ...):");
        output.WriteLine($"Granary__Keys__0__Hash={key.Hash}");
        output.WriteLine($"Granary__Keys__0__Tenant={tenant}");
        if (user is not null)
        {
            output.WriteLine($"Granary__Keys__0__User={user}");
        }

        if (given.GetValueOrDefault("--name") is { } name)
        {
            output.WriteLine($"Granary__Keys__0__Name={name}");
        }

        return 0;
    }

    private static string Id(string text, string option) => Ids.IsValid(text) ? text : throw new SettingException($"{option} {Ids.Rule}.");
}
