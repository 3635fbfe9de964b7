using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary.Llm.Batch;

/// <summary>Where a batch is on its way.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<BatchStatus>))]
public enum BatchStatus
{
    /// <summary>Taken, not begun.</summary>
    Pending,

    /// <summary>Begun.</summary>
    Running,

    /// <summary>The provider cannot be asked now; it is tried again later.</summary>
    Retry,

    /// <summary>Over: each line has an answer or an error of its own.</summary>
    Completed,

    /// <summary>Over: the provider refused or lost a part of it, or its time ran out (<c>expired</c>), or no line was answered.</summary>
    Failed,

    /// <summary>Over: somebody cancelled it; lines that were answered before have their answers.</summary>
    Cancelled,
}

/// <summary>How a batch is done.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<BatchType>))]
public enum BatchType
{
    /// <summary>One call after the other, several at a time.</summary>
    Sequential,

    /// <summary>OpenAI's batches of files.</summary>
    OpenaiBatchApi,

    /// <summary>Anthropic's message batches.</summary>
    AnthropicBatchApi,

    /// <summary>Gemini's batch mode.</summary>
    GeminiBatchApi,
}

/// <summary>Settings of a batch that go together.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<BatchPreset>))]
public enum BatchPreset
{
    /// <summary>100 lines in a part, 1 hour.</summary>
    Standard,

    /// <summary>50 lines in a part, 30 minutes, first in the queue.</summary>
    Quick,

    /// <summary>20 lines in a part, 2 hours, last in the queue.</summary>
    Comprehensive,
}
