using System.Reflection;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Orleans.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;
using Orleans.Serialization.TypeSystem;

namespace Granary.Orleans.Tests.Serialization;

/// <summary>The names by which silos of two releases find each other's grains and methods are those of OrleansContracts.txt.</summary>
public sealed class ManifestTests
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(string)] = "string", [typeof(int)] = "int", [typeof(long)] = "long", [typeof(bool)] = "bool", [typeof(byte)] = "byte",
    };

    [Fact]
    public void The_contracts_of_the_grains_are_those_of_the_manifest()
    {
        var manifest = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "OrleansContracts.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Replace("?", "", StringComparison.Ordinal));
        manifest.ShouldBe(Lines(), "A changed line breaks a cluster whose silos are of two releases. Is that meant, change OrleansContracts.txt too.");
    }

    [Fact]
    public void Every_grain_interface_and_method_has_a_name_of_its_own_apart_from_the_code_s()
    {
        foreach (var contract in Interfaces())
        {
            contract.GetCustomAttribute<AliasAttribute>().ShouldNotBeNull(contract.Name).Alias.ShouldStartWith("granary.");
            var aliases = contract.GetMethods().Select(method => method.GetCustomAttribute<AliasAttribute>().ShouldNotBeNull($"{contract.Name}.{method.Name}").Alias);
            aliases.ShouldBeUnique();
        }

        Interfaces().Select(contract => contract.GetCustomAttribute<AliasAttribute>()!.Alias)
            .ShouldBe(["granary.due", "granary.maintenance", "granary.resources", "granary.session", "granary.silo", "granary.user"]);
    }

    [Fact]
    public void Interfaces_and_calls_travel_by_these_names_whatever_the_code_calls_them()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddGranary(options => options.UseReminders = false));
        builder.Services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore());
        using var host = builder.Build();
        var interfaces = host.Services.GetRequiredService<GrainInterfaceTypeResolver>();
        var types = host.Services.GetRequiredService<TypeConverter>();

        foreach (var contract in Interfaces())
        {
            interfaces.GetGrainInterfaceType(contract).ToString().ShouldBe(contract.GetCustomAttribute<AliasAttribute>()!.Alias);
        }

        var calls = typeof(ISessionGrain).Assembly.GetTypes().Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IInvokable).IsAssignableFrom(type)).ToList();
        calls.Count.ShouldBe(Interfaces().Sum(contract => contract.GetMethods().Length));
        calls.Select(call => types.Format(call)).Order(StringComparer.Ordinal).ShouldBe(
            Interfaces().SelectMany(contract => contract.GetMethods().Select(method => Call(contract, method))).Order(StringComparer.Ordinal));

        static string Call(Type contract, MethodInfo method) =>
            $"(\"inv\",[GrainRef],[{contract.GetCustomAttribute<AliasAttribute>()!.Alias}],\"{method.GetCustomAttribute<AliasAttribute>()!.Alias}\")";
    }

    private static IEnumerable<string> Lines() => Grains().Select(grain => $"class [GrainType(\"{TypeOf(grain)}\")] {grain.FullName}")
        .Concat(Interfaces().SelectMany(contract => contract.GetMethods().Select(Signature).Order(StringComparer.Ordinal)
            .Prepend($"interface {contract.FullName} [Version(0)]")));

    private static IEnumerable<Type> Grains() => typeof(ISessionGrain).Assembly.GetTypes()
        .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IGrainBase).IsAssignableFrom(type))
        .OrderBy(type => type.FullName, StringComparer.Ordinal);

    private static IEnumerable<Type> Interfaces() => typeof(ISessionGrain).Assembly.GetTypes()
        .Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type))
        .OrderBy(type => type.FullName, StringComparer.Ordinal);

    private static string TypeOf(Type grain) => ((IGrainTypeProviderAttribute)grain.GetCustomAttribute<GrainTypeAttribute>()!).GetGrainType(null!, grain).ToString()!;

    private static string Signature(MethodInfo method) =>
        $"  {method.GetCustomAttribute<AliasAttribute>()!.Alias}({string.Join(", ", method.GetParameters().Select(p => Name(p.ParameterType)))}) -> {Name(method.ReturnType)}";

    private static string Name(Type type)
    {
        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        var name = type.Namespace == "System.Threading.Tasks" ? type.Name : type.FullName ?? type.Name;
        return Keywords.GetValueOrDefault(type) ?? type.GetCustomAttribute<AliasAttribute>()?.Alias
            ?? (type.IsGenericType ? $"{name[..name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name);
    }
}
