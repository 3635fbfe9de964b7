namespace Granary.Llm.Audit;

/// <summary>Takes records of calls and stores them later.</summary>
public interface IAuditLog
{
    /// <summary>
    /// Takes a record. Returns at once and never throws: where the records that wait are too many, or this one breaks a rule, it is dropped and
    /// counted.
    /// </summary>
    void Record(AuditSession session);
}
