namespace Granary.Client.Http;

/// <summary>Tells an export that ended from one that was cut between two lines: the header says how far the records must come.</summary>
internal sealed class ExportCheck
{
    private SessionHeaderRecord? _header;
    private long _sequence;
    private int _epoch = 1;

    public void Saw(SessionRecord record)
    {
        switch (record)
        {
            case SessionHeaderRecord header:
                _header ??= header;
                break;
            case AppendRecord { Messages: [.., var last] }:
                _sequence = last.Sequence;
                break;
            case EpochRecord epoch:
                _epoch = epoch.Epoch;
                break;
        }
    }

    /// <exception cref="UnavailableException">The export is not complete.</exception>
    public void End()
    {
        if (_header is null)
            throw Incomplete("it has no header");
        if (_sequence < _header.LastSequence)
            throw Incomplete($"it ends at sequence {_sequence} of {_header.LastSequence}");
        if (_epoch < _header.Epoch)
            throw Incomplete($"it ends at epoch {_epoch} of {_header.Epoch}");
    }

    private static UnavailableException Incomplete(string what) =>
        new(ClientErrorCodes.MalformedAnswer, $"The export is not complete: {what}.", ProblemExtensions.DefaultRetryAfter);
}
