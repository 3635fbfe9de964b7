using Granary.Hosting.Keys;
using Granary.Hosting.Settings;
using Granary.Storage.Sqlite;
using Microsoft.Extensions.Options;

namespace Granary.Hosting;

/// <summary>The program: runs the server until it is told to stop, or a command. What stops a start is told in one line.</summary>
internal static class HostProgram
{
    /// <summary>Starts that may be tried where the next may well succeed.</summary>
    private const int MaxStarts = 5;

    /// <summary>Runs.</summary>
    /// <param name="kind">Which executable.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">Where to tell what goes well.</param>
    /// <param name="error">Where to tell what does not.</param>
    /// <param name="stop">Cancelled when the program is told to stop, for an executable that takes the signals itself before the host does.</param>
    /// <returns>One of <see cref="ExitCodes"/>, or what the host makes of its stop.</returns>
    public static async Task<int> RunAsync(HostKind kind, string[] arguments, TextWriter output, TextWriter error, CancellationToken stop = default)
    {
        try
        {
            switch (arguments)
            {
                case ["key", .. var rest]:
                    return KeyCommand.Run(rest, output);
                case [.., "--help" or "-h"] or ["help", ..]:
                    Help.Print(kind, output);
                    return ExitCodes.Ok;
                default:
                    return await ServeAsync(kind, arguments, output, error, stop);
            }
        }
        catch (Exception failure) when (Reason(failure) is { } reason)
        {
            error.WriteLine($"granary: {OneLine(reason)}");
            return failure is SettingException or OptionsValidationException or InvalidRequestException ? ExitCodes.WrongSetting : ExitCodes.StartFailed;
        }
    }

    private static async Task<int> ServeAsync(HostKind kind, string[] arguments, TextWriter output, TextWriter error, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var server = HttpHost.Build(kind, arguments);
                return await server.RunAsync(output, error, stop);
            }
            catch (StartException failure) when (failure.MayRepeat && attempt < MaxStarts)
            {
            }
        }
    }

    /// <summary>Why the start failed, in words that help; null for what nobody expects.</summary>
    private static string? Reason(Exception failure) => failure switch
    {
        SettingException or StoreOpenException or StartException => failure.Message,
        OptionsValidationException wrong => string.Join(" ", wrong.Failures),
        InvalidRequestException wrong => $"{ResourceSettings.Path}: {wrong.Message}.",
        _ => null,
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
