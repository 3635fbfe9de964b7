using Granary.Hosting.Settings;
using Granary.Http;

namespace Granary.Hosting;

/// <summary>What sets one executable apart from another.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">Its first line of help.</param>
/// <param name="Settings">The flat settings that it alone has.</param>
/// <param name="Sections">The parts of the section <c>Granary</c> without a flat name that it alone has.</param>
/// <param name="Create">Makes what lies beneath the API.</param>
internal sealed record HostKind(
    string Name, string Title, IReadOnlyList<FlatSetting> Settings, IReadOnlyList<string> Sections, Func<HostSettings, MemoryHost> Create);

/// <summary>All that was set, read and checked as far as every executable has it.</summary>
/// <param name="Configuration">All sources.</param>
/// <param name="Server">The server's own settings.</param>
/// <param name="Http">Those of the API.</param>
internal sealed record HostSettings(IConfiguration Configuration, ServerSettings Server, GranaryHttpOptions Http);
