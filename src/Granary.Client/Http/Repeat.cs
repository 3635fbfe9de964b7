namespace Granary.Client.Http;

/// <summary>When a call may be made again after it failed.</summary>
internal enum Repeat
{
    /// <summary>Never: the caller wants this very attempt's outcome.</summary>
    Never,

    /// <summary>Only if the service did not begin with it: it could not be reached, or the call was over a limit.</summary>
    IfNotRun,

    /// <summary>Always: a read, a call that carries an idempotency key, or one that changes nothing the second time.</summary>
    Always,
}
