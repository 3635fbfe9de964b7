using System.Net.Sockets;
using Granary.Http.Identity;
using Granary.Server.Keys;
using Granary.Server.Settings;
using Granary.Storage.Sqlite;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Granary.Server;

/// <summary>The program: runs the server until it is told to stop, or a command. What stops a start is told in one line.</summary>
internal static class ServerProgram
{
    private const int Ok = 0;
    private const int Failed = 1;
    private const int WrongSetting = 2;

    /// <summary>Runs.</summary>
    /// <returns>The exit code: 0; 1 if the start failed; 2 if a setting is wrong.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        try
        {
            switch (arguments)
            {
                case ["key", .. var rest]:
                    return KeyCommand.Run(rest, output);
                case [.., "--help" or "-h"] or ["help", ..]:
                    Help.Print(output);
                    return Ok;
                default:
                    await using (var server = ServerHost.Build(arguments))
                    {
                        await server.RunAsync(output);
                    }

                    return Ok;
            }
        }
        catch (Exception failure) when (Reason(failure) is { } reason)
        {
            error.WriteLine($"granary: {OneLine(reason)}");
            return failure is SettingException or OptionsValidationException or InvalidRequestException ? WrongSetting : Failed;
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
