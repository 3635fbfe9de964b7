using Granary.Conformance.Http;

namespace Granary.Http.Tests;

public sealed class EmbeddedMemoryTests(EmbeddedFixture fixture) : MemoryFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedSessionTests(EmbeddedFixture fixture) : SessionFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedBadInputTests(EmbeddedFixture fixture) : BadInputFacts<EmbeddedFixture>(fixture);
