namespace Granary.Conformance.Stores;

/// <summary>Where in a write a fault strikes.</summary>
public enum FaultPoint
{
    /// <summary>Nothing was written.</summary>
    BeforeWrite,

    /// <summary>The write is durable and its caller does not know: the ambiguous failure.</summary>
    AfterWrite,
}
