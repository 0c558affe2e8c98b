import ControllerRuntime
import LanyardAPI
import LanyardControllers
import Testing

@Suite("MountSourcePoll")
struct MountSourcePollTests {
    private let world: MountWorld

    init() async throws { world = try await MountWorld() }

    private func createJWT(_ name: String) async throws {
        try await world.create(name, .jwt) { spec in
            spec.jwt = JWTMount()
            spec.jwt?.trust = .spire
        }
        try await world.pass(name)
    }

    @Test("while no mount refers to anything it rests, and whoever comes to refer to something wakes it")
    func rest() async throws {
        #expect(try await world.pollResult() == .done)
        try await world.create("secret", .kv) { $0.kv = .init(version: 2) }
        try await world.pass("secret")
        #expect(world.pollWakings == 0)
        #expect(try await world.pollResult() == .done)
        try await createJWT("jwt")
        #expect(world.pollWakings == 1)
        try await world.pass("jwt")
        #expect(world.pollWakings == 1, "it looks by itself from then on")
        let result = try await world.pollResult()
        let pause = try #require(result.requeueAfter)
        #expect(pause >= MountSourcePoll.interval * 0.8 && pause <= MountSourcePoll.interval * 1.2)
        #expect(result.priority == .low)
    }

    @Test("when the last mount that refers to something is gone it rests again, and the next one wakes it")
    func again() async throws {
        for name in ["one", "two"] { try await createJWT(name) }
        for name in ["one", "two"] {
            #expect(try await world.pollResult() != .done)
            try await world.delete(name)
            try await world.pass(name)
        }
        #expect(try await world.pollResult() == .done)
        let before = world.pollWakings
        try await createJWT("three")
        #expect(world.pollWakings == before + 1)
        #expect(try await world.pollResult() != .done)
    }
}
