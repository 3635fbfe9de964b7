using System.Text.Json;

namespace Granary.Core.Tests.Compaction;

/// <summary>Conversations as they happen.</summary>
internal static class Conversations
{
    public static IReadOnlyList<Message> Trip { get; } = Of(
        User("Hi! My name is Ingrid Solberg and I need help planning a trip to Kyoto with my daughter Maja, who is 9."),
        Assistant("Hello Ingrid, I'd be happy to help! When would you like to travel, and what is your budget?"),
        User("We can go from 3 April to 14 April 2026. Our budget is 4,200 EUR for everything. I prefer trains over planes inside Japan, and Maja is allergic to peanuts."),
        Assistant("Great, noted. Flights from Oslo to Osaka with Finnair cost about 1,150 EUR per person. Shall I hold two seats on flight AY67 until Friday?"),
        User("Yes, please do."),
        Call("c1", "hold_seats", new { flight = "AY67", seats = 2 }),
        Result("c1", """{"status":"held","reference":"QX7P2L","expires":"2026-01-16T18:00:00Z","price":{"amount":2300,"currency":"EUR"}}"""),
        Assistant("Done. The two seats are held under reference QX7P2L until 16 January, 18:00 UTC. Let me know if you need anything else!"),
        User("Thanks! We decided against the ryokan in Arashiyama, it's too far out. Let's go with the Hotel Granvia next to Kyoto Station instead."),
        Assistant("Good choice. The Granvia has a family room for 168 EUR per night. It includes breakfast."),
        User("Perfect. Please never book anything without asking me first. And remind me to renew Maja's passport before March."),
        Assistant("Understood. I will always ask first, and I'll remind you about the passport in February."),
        User("What vaccinations do we need?"));

    public static IReadOnlyList<Message> Outage { get; } = Of(
        User("The checkout service has been failing since 14:05. Customers see HTTP 502 errors. Logs are in /var/log/checkout/error.log"),
        Call("a", "read_log", new { path = "/var/log/checkout/error.log", lines = 200 }),
        Result("a", "2026-03-02T14:05:11Z ERROR db pool exhausted (max=20)\n2026-03-02T14:05:12Z ERROR timeout acquiring connection after 5000 ms\n"),
        Assistant("The database pool is exhausted: all 20 connections are in use. The likely cause is commit 9f3c2ab, which removed the connection timeout."),
        User("DECISION: we roll back to version 4.7.2 now. Constraint: no schema changes before the audit on 2026-03-09."),
        Call("b", "deploy", new { version = "4.7.2" }),
        Result("b", "", "permission denied for user deploy-bot"),
        Assistant("The rollback failed: permission denied for user deploy-bot. Should I open a ticket with the platform team?"),
        User("Yes. Assign it to Kofi Mensah, see https://tickets.example.org/OPS-1182"),
        Assistant("I opened OPS-1183 and assigned it to Kofi Mensah."),
        User("TODO: raise the pool size to 60 and add an alert in src/alerts/pool.yaml."),
        Assistant("Ok."));

    public static IReadOnlyList<Message> Of(params Message[] messages) => [.. messages.Select((message, index) => message with { Sequence = index + 1 })];

    public static Message User(string text, string? name = null) => new() { Role = MessageRole.User, Content = text, Name = name };

    public static Message Assistant(string text) => new() { Role = MessageRole.Assistant, Content = text };

    public static Message Call(string id, string name, object arguments) =>
        new() { Role = MessageRole.Assistant, ToolCalls = [new(id, name, JsonSerializer.SerializeToElement(arguments))] };

    public static Message Result(string id, string text, string? error = null, string? name = null) =>
        new() { Role = MessageRole.Tool, Content = text, ToolCallId = id, ToolError = error, Name = name };
}
