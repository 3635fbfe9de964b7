using Granary.Core.Resources;
using Granary.Hosting;
using Granary.Hosting.Settings;

namespace Granary.Server;

/// <summary>The memory in this process, kept in the data folder.</summary>
internal sealed class EmbeddedMemory(HostSettings settings) : MemoryHost
{
    public override void Add(WebApplicationBuilder builder)
    {
        var server = settings.Server;
        builder.Services.AddSqlite(settings);
        builder.Services.AddGranaryEmbedded(memory =>
        {
            memory.MaxSessions = server.MaxSessions;
            memory.IdleTime = server.IdleTime;
            memory.EvictionInterval = server.EvictionInterval;
            memory.StopTimeout = StopTimeout;
            memory.DefaultResource = GranaryResources.Default(server.TurnBuffer);
            memory.Reflection = ReflectionSettings.Read(settings);
            memory.Memories = LifecycleSettings.Read(settings.Configuration);
            memory.Vectors = VectorSettings.Read(settings);
            memory.Resources = ResourceSettings.Read(settings.Configuration);
        });
    }

    public override IEnumerable<string> Describe(IServiceProvider services) => [$"Data in {settings.Server.DataFolder}"];
}
