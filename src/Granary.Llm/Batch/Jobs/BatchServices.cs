using Granary.Core.Storage;
using Granary.Llm.Audit;
using Granary.Llm.Batch.Providers;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Jobs;

/// <summary>What all batches share.</summary>
internal sealed record BatchServices(
    IPartitionStore Store,
    BatchProviders Providers,
    IProviderRouter Router,
    IChatModels Models,
    IChatDialects Dialects,
    BatchTools Tools,
    TokenUsageCalculator Prices,
    IAuditLog Audit,
    BatchOptions Options,
    TimeProvider Time);
