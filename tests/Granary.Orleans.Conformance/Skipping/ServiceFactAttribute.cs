using Xunit.Sdk;

namespace Granary.Orleans.Conformance.Skipping;

/// <summary>
/// A fact that is skipped, with the reason in the report, where its class <see cref="NeedsAttribute">needs</see> something that this machine
/// lacks. The class may inherit the fact from a suite.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Granary.Orleans.Conformance.Skipping.ServiceFactDiscoverer", "Granary.Orleans.Conformance")]
public sealed class ServiceFactAttribute : FactAttribute;
