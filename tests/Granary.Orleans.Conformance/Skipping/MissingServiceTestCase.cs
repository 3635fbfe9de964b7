using Xunit.Abstractions;
using Xunit.Sdk;

namespace Granary.Orleans.Conformance.Skipping;

/// <summary>A test that is reported as skipped.</summary>
public sealed class MissingServiceTestCase : XunitTestCase
{
    private string _missing = "";

    /// <summary>For the deserializer of the test framework.</summary>
    [Obsolete("Called by the deserializer only.")]
    public MissingServiceTestCase()
    {
    }

    /// <summary>Makes the test.</summary>
    public MissingServiceTestCase(
        IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod testMethod, string missing)
        : base(diagnostics, display, options, testMethod) => _missing = missing;

    /// <inheritdoc/>
    public override void Serialize(IXunitSerializationInfo data)
    {
        base.Serialize(data);
        data.AddValue(nameof(_missing), _missing);
    }

    /// <inheritdoc/>
    public override void Deserialize(IXunitSerializationInfo data)
    {
        // First, because the rest asks for the reason.
        _missing = data.GetValue<string>(nameof(_missing));
        base.Deserialize(data);
    }

    /// <inheritdoc/>
    protected override string GetSkipReason(IAttributeInfo factAttribute) => _missing;
}
