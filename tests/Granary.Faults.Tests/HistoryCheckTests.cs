using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Faults.Tests;

/// <summary>The comparison sees everything that it is there to see.</summary>
public class HistoryCheckTests
{
    private readonly Session _session = new(number: 1, stays: false);
    private readonly Report _report = new(TextWriter.Null);
    private readonly List<Append> _appends = [];

    public HistoryCheckTests()
    {
        // Three turns of two messages, each sent after the one before was acknowledged.
        for (var number = 1; number <= 3; number++)
        {
            var body = Encoding.UTF8.GetBytes($$"""{"user_message":"#{{number}}.0 hello","agent_message":"#{{number}}.1 hi"}""");
            var append = new Append(_session, number, Carrier.Store, body, $"key-{number}", hasIds: false) { Sent = number * 10 };
            _session.Add(append);
            _appends.Add(append);
            append.Accept(new Answer(200, Acknowledgement(number), Replayed: false, At: (number * 10) + 5)).ShouldBeNull();
        }
    }

    [Fact]
    public void A_history_with_everything_once_and_in_order_has_no_fault()
    {
        Compare(1, 2, 3);
        _report.HasFaults.ShouldBeFalse();
    }

    [Fact]
    public void An_acknowledged_turn_that_is_gone_is_lost()
    {
        Compare(1, 2);
        _report.Count(Fault.Lost).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_turn_that_is_there_twice_is_doubled()
    {
        Compare(1, 2, 3, 3);
        _report.Count(Fault.Doubled).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Turns_in_another_order_than_they_were_acknowledged_are_out_of_order()
    {
        Compare(1, 3, 2);
        _report.Count(Fault.OutOfOrder).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Half_a_turn_is_partial()
    {
        var history = History(1, 2, 3);
        history.RemoveAt(5);
        HistoryCheck.Compare(_session, history, _report);
        _report.Count(Fault.Partial).ShouldBe(1);
    }

    [Fact]
    public void A_turn_of_unknown_outcome_may_be_there_or_not()
    {
        var body = Encoding.UTF8.GetBytes("""{"user_message":"#4.0 hello","agent_message":"#4.1 hi"}""");
        var unknown = new Append(_session, 4, Carrier.Store, body, "key-4", hasIds: false) { Sent = 40 };
        _session.Add(unknown);
        Compare(1, 2, 3).ShouldBeEmpty();
        Compare(1, 2, 3, 4)[unknown].ShouldBe(7);
        _report.HasFaults.ShouldBeFalse();
    }

    [Fact]
    public void A_read_that_is_behind_is_counted_and_no_failure()
    {
        _report.Add(Fault.Stale, "behind");
        _report.HasFaults.ShouldBeFalse();
        _report.HasDetails.ShouldBeTrue();
    }

    private IReadOnlyDictionary<Append, long> Compare(params long[] appends) => HistoryCheck.Compare(_session, History(appends), _report);

    private static List<JsonElement> History(params long[] appends) =>
        [.. appends.SelectMany(number => Turn(number)).Select((message, index) => With(message, index + 1))];

    private static IEnumerable<JsonObject> Turn(long number) =>
    [
        new() { ["id"] = $"{number}-0", ["role"] = "user", ["content"] = $"#{number}.0 hello" },
        new() { ["id"] = $"{number}-1", ["role"] = "assistant", ["content"] = $"#{number}.1 hi" },
    ];

    private static JsonElement With(JsonObject message, long sequence)
    {
        message["sequence"] = sequence;
        return JsonSerializer.SerializeToElement(message);
    }

    private static JsonElement Acknowledgement(long number) => JsonSerializer.SerializeToElement(new JsonObject
    {
        ["first_sequence"] = (number * 2) - 1,
        ["last_sequence"] = number * 2,
        ["messages"] = new JsonArray(new JsonObject { ["id"] = $"{number}-0" }, new JsonObject { ["id"] = $"{number}-1" }),
    });
}
