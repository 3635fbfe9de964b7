using Granary.Conformance.Http;

namespace Granary.Http.Tests;

public sealed class FakeRecordTests(FakeMemoryFixture fixture) : RecordFacts<FakeMemoryFixture>(fixture);

public sealed class FakeRecallTests(FakeMemoryFixture fixture) : RecallFacts<FakeMemoryFixture>(fixture);

public sealed class FakeMemoryInputTests(FakeMemoryFixture fixture) : MemoryInputFacts<FakeMemoryFixture>(fixture);

public sealed class FakeMemoryIdentityTests(FakeMemoryFixture fixture) : MemoryIdentityFacts<FakeMemoryFixture>(fixture);
