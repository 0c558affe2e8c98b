import FoundationEssentials
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Testing

@Suite("ServerConfiguration")
struct StateDirectoryTests {
    private static func with(_ body: (URL) throws -> Void) throws {
        let directory = URL(filePath: "/tmp/se-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory)
    }

    private func configuration(_ directory: URL) throws -> ServerConfiguration {
        var configuration = ServerConfiguration(trustDomain: try #require(TrustDomain("example.org")))
        configuration.dataDirectory = directory.appending(path: "data").path
        return configuration
    }

    private func entry(_ name: String) throws -> WireEntry {
        RegistrationEntry(
            id: name, spiffeID: try SPIFFEID("spiffe://example.org/\(name)"),
            parentID: try SPIFFEID("spiffe://example.org/parent"), selectors: [try #require(WorkloadSelector("a:b"))]
        ).wire
    }

    @Test("entries survive a restart with their revision, and deleted ones stay deleted")
    func restart() throws {
        try Self.with { directory in
            let entries = try ["a", "b", "c"].map(entry)
            let first = try configuration(directory).makeState()
            first.withDatastore { store in
                _ = store.create(entries, outputMask: nil, now: 7)
                _ = store.delete(ids: ["b"])
                _ = store.update([entries[2]], inputMask: nil, outputMask: nil)
            }
            let before = first.withDatastore { $0.entries }
            let after = try configuration(directory).makeState().withDatastore { $0.entries }
            #expect(after == before)
            #expect(after.map(\.id) == ["a", "c"])
            #expect(after.map(\.revisionNumber) == [0, 1])
            #expect(after.map(\.createdAt) == [7, 7])
        }
    }

    @Test("a damaged state is an error, not an empty one")
    func damaged() throws {
        try Self.with { directory in
            let configuration = try configuration(directory)
            _ = try configuration.makeState()
            try Data("{".utf8).write(to: directory.appending(path: "data/1.json"))
            #expect(throws: EmulatorError.self) { try configuration.makeState() }
        }
    }

    @Test("agents are read again, and stay as they are when the file is wrong")
    func agents() throws {
        try Self.with { directory in
            var configuration = try configuration(directory)
            let file = directory.appending(path: "agents.json")
            configuration.agentsFile = file.path
            func write(_ ids: [String]) throws {
                let seeds = ids.map { AgentSeed(id: $0, attestationType: "t", selectors: ["a:b"], expiresAt: 1) }
                try JSONEncoder().encode(seeds).write(to: file)
            }
            func count(_ state: EmulatorState) throws -> Int32 {
                try state.withAgents { agents throws(CallFailure) in try agents.count(.init()) }
            }
            try write(["spiffe://example.org/spire/agent/t/1"])
            let state = try configuration.makeState()
            #expect(try count(state) == 1)
            try write(["spiffe://example.org/spire/agent/t/1", "spiffe://example.org/spire/agent/t/2"])
            try configuration.loadAgents(into: state)
            #expect(try count(state) == 2)
            try write(["spiffe://example.org/workload"])
            #expect(throws: EmulatorError.self) { try configuration.loadAgents(into: state) }
            #expect(try count(state) == 2)
        }
    }
}
