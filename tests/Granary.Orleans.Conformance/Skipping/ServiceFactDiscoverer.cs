using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Granary.Orleans.Conformance.Skipping;

/// <summary>Turns a <see cref="ServiceFactAttribute"/> into a test, or into a skipped one.</summary>
public sealed class ServiceFactDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        var missing = testMethod.TestClass.Class is IReflectionTypeInfo { Type: var type } ? type.GetCustomAttribute<NeedsAttribute>()?.Missing : null;
        var display = discoveryOptions.MethodDisplayOrDefault();
        var options = discoveryOptions.MethodDisplayOptionsOrDefault();
        yield return missing is null
            ? new XunitTestCase(diagnostics, display, options, testMethod)
            : new MissingServiceTestCase(diagnostics, display, options, testMethod, missing);
    }
}
