using Orleans;

namespace Granary.Orleans.Serialization;

/// <summary>What an error of the memory is made of, on its way between silos.</summary>
[GenerateSerializer]
[Alias("granary.error")]
internal struct MemoryError
{
    /// <summary>Its code.</summary>
    [Id(0)]
    public string Code;

    /// <summary>Its message.</summary>
    [Id(1)]
    public string Message;

    /// <summary>The field, where it names one.</summary>
    [Id(2)]
    public string? Field;

    /// <summary>The rule, where it names one.</summary>
    [Id(3)]
    public string? Rule;

    /// <summary>The current ETag, where it names one.</summary>
    [Id(4)]
    public string? ETag;

    /// <summary>When to try again.</summary>
    [Id(5)]
    public TimeSpan RetryAfter;
}

[RegisterConverter]
internal sealed class AccessDeniedConverter : IConverter<AccessDeniedException, MemoryError>
{
    public AccessDeniedException ConvertFromSurrogate(in MemoryError error) => new(error.Code, error.Message);

    public MemoryError ConvertToSurrogate(in AccessDeniedException value) => new() { Code = value.Code, Message = value.Message };
}

[RegisterConverter]
internal sealed class ConflictConverter : IConverter<ConflictException, MemoryError>
{
    public ConflictException ConvertFromSurrogate(in MemoryError error) => new(error.Code, error.Message);

    public MemoryError ConvertToSurrogate(in ConflictException value) => new() { Code = value.Code, Message = value.Message };
}

[RegisterConverter]
internal sealed class ErasedConverter : IConverter<ErasedException, MemoryError>
{
    public ErasedException ConvertFromSurrogate(in MemoryError error) => new(error.Message);

    public MemoryError ConvertToSurrogate(in ErasedException value) => new() { Code = value.Code, Message = value.Message };
}

[RegisterConverter]
internal sealed class NotFoundConverter : IConverter<NotFoundException, MemoryError>
{
    public NotFoundException ConvertFromSurrogate(in MemoryError error) => new(error.Message);

    public MemoryError ConvertToSurrogate(in NotFoundException value) => new() { Code = value.Code, Message = value.Message };
}

[RegisterConverter]
internal sealed class InvalidRequestConverter : IConverter<InvalidRequestException, MemoryError>
{
    public InvalidRequestException ConvertFromSurrogate(in MemoryError error) => new(error.Field!, error.Rule!);

    public MemoryError ConvertToSurrogate(in InvalidRequestException value) =>
        new() { Code = value.Code, Message = value.Message, Field = value.Field, Rule = value.Rule };
}

[RegisterConverter]
internal sealed class TooLargeConverter : IConverter<TooLargeException, MemoryError>
{
    public TooLargeException ConvertFromSurrogate(in MemoryError error) => new(error.Field!, error.Rule!);

    public MemoryError ConvertToSurrogate(in TooLargeException value) =>
        new() { Code = value.Code, Message = value.Message, Field = value.Field, Rule = value.Rule };
}

[RegisterConverter]
internal sealed class PreconditionFailedConverter : IConverter<PreconditionFailedException, MemoryError>
{
    public PreconditionFailedException ConvertFromSurrogate(in MemoryError error) => new(error.ETag);

    public MemoryError ConvertToSurrogate(in PreconditionFailedException value) =>
        new() { Code = value.Code, Message = value.Message, ETag = value.CurrentETag };
}

[RegisterConverter]
internal sealed class UnavailableConverter : IConverter<UnavailableException, MemoryError>
{
    public UnavailableException ConvertFromSurrogate(in MemoryError error) => new(error.Code, error.Message, error.RetryAfter);

    public MemoryError ConvertToSurrogate(in UnavailableException value) =>
        new() { Code = value.Code, Message = value.Message, RetryAfter = value.RetryAfter };
}
