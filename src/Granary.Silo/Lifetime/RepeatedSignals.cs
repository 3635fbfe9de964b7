using System.Runtime.InteropServices;

namespace Granary.Silo.Lifetime;

/// <summary>The first signal to stop drains; whoever sends a second one will not wait.</summary>
internal sealed class RepeatedSignals : IDisposable
{
    private const int SigInt = 2;
    private const int SigTerm = 15;

    private readonly PosixSignalRegistration[] _registrations;
    private readonly TextWriter _error;
    private int _signals;

    public RepeatedSignals(TextWriter error)
    {
        _error = error;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Take(context, SigInt)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Take(context, SigTerm)),
        ];
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Take(PosixSignalContext context, int signal)
    {
        // The host's own registration stops the application; without this the runtime would end the process.
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) == 2)
        {
            _error.WriteLine("granary: told to stop a second time: ends at once. What was acknowledged is stored; the cluster will find this silo gone.");
            _error.Flush();
            Environment.Exit(SiloExitCodes.Signalled + signal);
        }
    }
}
