using Granary.Core.Recall;
using Microsoft.Extensions.Logging;

namespace Granary.Providers.Postgres;

public sealed partial class PostgresMemoryProvider
{
    [LoggerMessage(20, LogLevel.Information, "The memory provider {Provider} opened the database {Database}, schema {Schema} (vectors: {Vectors}).")]
    private partial void LogOpened(string provider, string database, string schema, bool vectors);

    [LoggerMessage(21, LogLevel.Warning, "The memory provider {Provider} finds memories by words only. {Why}")]
    private partial void LogNoVectors(string provider, string why);

    [LoggerMessage(22, LogLevel.Warning, "The memory provider {Provider} did without a vector of a {Purpose}: {Why}.")]
    private partial void LogNotEmbedded(string provider, EmbeddingPurpose purpose, string why);

    [LoggerMessage(23, LogLevel.Warning, "A call of the memory provider {Provider} failed: {Why}")]
    private partial void LogFailed(string provider, string why);
}
