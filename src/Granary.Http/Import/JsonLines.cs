using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json.Serialization.Metadata;
using Granary.Http.Serialization;

namespace Granary.Http.Import;

/// <summary>Writes exports: JSON Lines at the pace of their reader.</summary>
internal static class JsonLines
{
    /// <summary>Writes a page of records, a line each.</summary>
    /// <returns>Whether the reader is still there.</returns>
    public static async ValueTask<bool> WriteAsync<T>(PipeWriter output, IReadOnlyList<T> records, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        foreach (var record in records)
        {
            JsonAnswer.Append(output, record, type);
            output.Write("\n"u8);
            if ((await output.FlushAsync(cancellationToken)).IsCompleted)
            {
                return false;
            }
        }

        GranaryHttpInstruments.ExportedRecords.Add(records.Count);
        return true;
    }
}
