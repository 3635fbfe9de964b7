using System.Text;
using System.Text.Json;
using Granary.Core.Messages;
using Granary.Core.Sessions.Documents;
using Granary.Orleans.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Granary.Orleans.Tests.Serialization;

/// <summary>Contracts on their way between silos.</summary>
public sealed class ContractTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddGranaryContracts().BuildServiceProvider();

    private Serializer Serializer => _services.GetRequiredService<Serializer>();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void The_contracts_are_found()
    {
        Contracts.All.Count.ShouldBeGreaterThan(30);
        Contracts.All.ShouldBeUnique();
        Type[] some = [typeof(AppendRequest), typeof(AppendResult), typeof(AppendRecord), typeof(MediaReference), typeof(SessionChange), typeof(PrivacyPolicy)];
        some.ShouldBeSubsetOf(Contracts.All);
    }

    [Fact]
    public void Every_property_of_every_contract_passes()
    {
        foreach (var type in Contracts.All.Where(type => !type.IsEnum))
        {
            var value = Contracts.Filled(type);
            Contracts.Defaults(value).ShouldBeEmpty();
            Contracts.Describe(Pass(value)).ShouldBe(Contracts.Describe(value));
        }
    }

    [Fact]
    public void What_was_set_to_nothing_does_not_come_out_as_the_property_s_default()
    {
        foreach (var type in Contracts.All.Where(type => !type.IsEnum))
        {
            var value = Contracts.Emptied(type);
            Contracts.Describe(Pass(value)).ShouldBe(Contracts.Describe(value));
        }
    }

    [Fact]
    public void Every_value_of_every_enum_passes()
    {
        foreach (var value in Contracts.All.Where(type => type.IsEnum).SelectMany(type => Enum.GetValues(type).Cast<object>()))
        {
            JsonSerializer.Deserialize(JsonSerializer.Serialize(value, ContractJson.Options), value.GetType(), ContractJson.Options).ShouldBe(value);
        }
    }

    [Fact]
    public void Contracts_pass_in_the_collections_that_grains_pass_them_in()
    {
        var resources = new[] { (StoredResource)Contracts.Filled(typeof(StoredResource)), (StoredResource)Contracts.Filled(typeof(StoredResource)) };
        Contracts.Describe(Serializer.Deserialize<StoredResource[]>(Serializer.SerializeToArray(resources))).ShouldBe(Contracts.Describe(resources));
        var values = new Dictionary<string, string> { ["user"] = "ada", ["Mixed_Case"] = "" };
        Serializer.Deserialize<Dictionary<string, string>>(Serializer.SerializeToArray(values)).ShouldBe(values);
    }

    [Fact]
    public void What_answers_of_the_API_leave_out_passes_between_silos()
    {
        var answer = new AppendResult("s1", 3, 4, []) { ETag = "\"4-1\"", Turn = 2, Repeated = true };
        var passed = (AppendResult)Pass(answer);
        (passed.ETag, passed.Turn, passed.Repeated).ShouldBe(("\"4-1\"", 2, true));
    }

    [Fact]
    public void A_number_that_JSON_does_not_know_passes_and_is_refused_by_the_memory_not_by_the_way_to_it()
    {
        foreach (var number in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue])
        {
            ((CompactOptions)Pass(new CompactOptions { Threshold = number })).Threshold.ShouldBe(number);
        }
    }

    [Fact]
    public void The_most_nested_metadata_that_the_rules_allow_passes()
    {
        var deep = JsonDocument.Parse(new string('[', JsonRules.MaxDepth) + new string(']', JsonRules.MaxDepth)).RootElement;
        var message = new Message { Role = MessageRole.User, Metadata = deep, ToolCalls = [new ToolCall("c", "f", deep)] };
        foreach (var value in (object[])[new AppendRequest { Messages = [message] }, new SessionImportChunk { ImportId = "i", Records = [new AppendRecord { Messages = [message] }] }])
        {
            Contracts.Describe(Pass(value)).ShouldBe(Contracts.Describe(value));
        }
    }

    [Fact]
    public void A_release_with_other_properties_is_understood()
    {
        // Renamed within the bytes: one property that is not known, and one that is missing.
        var bytes = Serializer.SerializeToArray<object>(new StartSessionOptions { SessionId = "s1", AgentId = "planner", Restore = false });
        var text = Encoding.Latin1.GetString(bytes);
        text.ShouldContain("\"AgentId\"");
        var other = Serializer.Deserialize<object>(Encoding.Latin1.GetBytes(text.Replace("\"AgentId\"", "\"AgentXx\"")));
        other.ShouldBe(new StartSessionOptions { SessionId = "s1", Restore = false });
    }

    [Fact]
    public void Only_contracts_pass_as_JSON()
    {
        Should.Throw<CodecNotFoundException>(() => Serializer.SerializeToArray<object>(new Foreign("x")));
        Should.Throw<CodecNotFoundException>(() => Serializer.SerializeToArray<object>(new WatermarkLike(1)));
        ContractTypes.Contains(typeof(SessionHead)).ShouldBeFalse();
        ContractTypes.Contains(typeof(NotFoundException)).ShouldBeFalse();
    }

    [Fact]
    public void A_type_of_another_assembly_is_not_made_though_the_bytes_name_it()
    {
        using var careless = new ServiceCollection().AddSerializer(serializer => serializer.AddJsonSerializer(_ => true)).BuildServiceProvider();
        var bytes = careless.GetRequiredService<Serializer>().SerializeToArray<object>(new Foreign("x"));
        careless.GetRequiredService<Serializer>().Deserialize<object>(bytes).ShouldBe(new Foreign("x"));
        Foreign.Made = 0;
        Should.Throw<Exception>(() => Serializer.Deserialize<object>(bytes));
        Foreign.Made.ShouldBe(0);
    }

    [Fact]
    public void A_contract_is_not_copied()
    {
        var copier = _services.GetRequiredService<DeepCopier>();
        foreach (var type in Contracts.All.Where(type => !type.IsValueType))
        {
            var value = Contracts.Filled(type);
            copier.Copy(value).ShouldBeSameAs(value);
        }

        StoredResource[] list = [(StoredResource)Contracts.Filled(typeof(StoredResource))];
        copier.Copy(list)![0].ShouldBeSameAs(list[0]);
    }

    private object Pass(object value) => Serializer.Deserialize<object>(Serializer.SerializeToArray(value))!;

    private sealed record WatermarkLike(int Number);

    public sealed record Foreign
    {
        public Foreign(string name)
        {
            Name = name;
            Made++;
        }

        public static int Made { get; set; }

        public string Name { get; }
    }
}
