namespace Granary.Core.Users.Records;

/// <summary>What became of a record. The numbers are stored.</summary>
internal enum RowChange : byte
{
    /// <summary>It is what the row says.</summary>
    Is = 0,

    /// <summary>It was used: of the row, only the id and the use count.</summary>
    Used = 1,

    /// <summary>It was removed with its history: of the row, only the id counts.</summary>
    Gone = 2,
}

/// <summary>A change of a row. Repeating a stretch of changes up to its end changes nothing.</summary>
/// <param name="Change">What became of it.</param>
/// <param name="Row">The row after the change.</param>
internal readonly record struct LoggedRow(RowChange Change, RecordRow Row);
