using System.Runtime.InteropServices;

namespace Granary.Silo.Lifetime;

/// <summary>The first signal to stop breaks a start off, or drains; whoever sends a second one will not wait.</summary>
internal sealed class RepeatedSignals : IDisposable
{
    private const int SigInt = 2;
    private const int SigTerm = 15;

    private readonly PosixSignalRegistration[] _registrations;
    private readonly TextWriter _error;
    private readonly CancellationTokenSource _first = new();
    private int _signals;

    public RepeatedSignals(TextWriter error)
    {
        _error = error;
        First = _first.Token;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Take(context, SigInt)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Take(context, SigTerm)),
        ];
    }

    /// <summary>Cancelled by the first signal. The host listens for signals only once it starts, and much is done before.</summary>
    public CancellationToken First { get; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _first.Dispose();
    }

    private void Take(PosixSignalContext context, int signal)
    {
        // Without this the runtime would end the process.
        context.Cancel = true;
        var signals = Interlocked.Increment(ref _signals);
        if (signals == 1)
        {
            _first.Cancel();
        }
        else if (signals == 2)
        {
            _error.WriteLine("granary: told to stop a second time: ends at once. What was acknowledged is stored; the cluster will find this silo gone.");
            _error.Flush();
            Environment.Exit(SiloExitCodes.Signalled + signal);
        }
    }
}
