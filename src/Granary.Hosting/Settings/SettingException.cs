namespace Granary.Hosting.Settings;

/// <summary>A wrong setting, or a wrong word on the command line: the message names it and the fix, in one line.</summary>
internal sealed class SettingException(string message) : Exception(message);
