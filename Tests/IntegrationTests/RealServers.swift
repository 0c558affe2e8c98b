import Testing

/// Everything against real servers. One after the other: they share the servers, and one operator leads at a time.
@Suite("Real servers", .serialized, .enabled(if: TestEnvironment.isAvailable, "LANYARD_E2E is not set: run hack/test"))
struct RealServers {}
