using Granary.Conformance.Http;

namespace Granary.Http.Tests;

public sealed class EmbeddedMemoryTests(EmbeddedFixture fixture) : MemoryFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedSessionTests(EmbeddedFixture fixture) : SessionFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedBadInputTests(EmbeddedFixture fixture) : BadInputFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedPathTests(EmbeddedFixture fixture) : PathFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedIdentityTests(EmbeddedFixture fixture) : IdentityFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedResourceTests(EmbeddedFixture fixture) : ResourceFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedEventTests(EmbeddedFixture fixture) : EventFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedMemoryTransferTests(EmbeddedFixture fixture) : MemoryTransferFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedTransferTests(EmbeddedFixture fixture) : TransferFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedOperationTests(EmbeddedFixture fixture) : OperationFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedRecordTests(EmbeddedFixture fixture) : RecordFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedRecallTests(EmbeddedFixture fixture) : RecallFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedMemoryInputTests(EmbeddedFixture fixture) : MemoryInputFacts<EmbeddedFixture>(fixture);

public sealed class EmbeddedMemoryIdentityTests(EmbeddedFixture fixture) : MemoryIdentityFacts<EmbeddedFixture>(fixture);
