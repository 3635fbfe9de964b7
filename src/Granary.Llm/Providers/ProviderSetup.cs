namespace Granary.Llm.Providers;

/// <summary>A provider as it will be used: settings that were checked.</summary>
/// <param name="Name">Its name, in small letters.</param>
/// <param name="Options">Its settings; <see cref="ProviderOptions.Kind"/> is set.</param>
/// <param name="IsImplied">Whether nobody configured it: it is there for callers that bring their own key.</param>
internal sealed record ProviderSetup(string Name, ProviderOptions Options, bool IsImplied = false)
{
    public ProviderKind Kind => Options.Kind!.Value;
}
