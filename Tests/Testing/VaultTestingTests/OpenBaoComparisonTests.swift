import FoundationEssentials
import KubernetesModel
import Logging
import Testing
import VaultClient
import VaultTesting

/// How much is compared.
private enum RealServer {
    /// One sequence per seed, as many as `LANYARD_SEQUENCES` says, on the same mounts in groups.
    static var groups: [ClosedRange<UInt64>] {
        let count = ProcessInfo.processInfo.environment["LANYARD_SEQUENCES"].flatMap(UInt64.init) ?? 100
        return stride(from: 1, through: max(count, 1), by: 50).map { $0...min($0 + 49, max(count, 1)) }
    }

    /// How many requests a sequence has: the first one of a group begins on empty mounts and is long, for what only a
    /// long history shows.
    static func length(of seed: UInt64) -> Int { seed % 50 == 1 ? 200 : 12 }
}

/// The same requests to the server in memory and to a real OpenBao, named by `BAO_ADDR` and `BAO_TOKEN` (a root token).
@Suite("InMemoryVault against OpenBao", .enabled(if: OpenBao.isNamed), .serialized)
struct OpenBaoComparisonTests {
    /// What both servers say; messages may differ, codes and data may not.
    private enum Answer: Equatable {
        case data(JSONValue?)
        /// How many warnings.
        case written(Int)
        case deleted
        case error(VaultError.Code)

        /// The fields that the two show differently.
        func difference(_ other: Answer) -> String {
            guard case .data(let mine) = self, case .data(let theirs) = other else { return "\(self), \(other)" }
            let (left, right) = (mine?.object ?? [:], theirs?.object ?? [:])
            return Set(left.keys).union(right.keys).sorted().filter { left[$0] != right[$0] }
                .map { "\($0): \(String(describing: left[$0])), \(String(describing: right[$0]))" }
                .joined(separator: "; ")
        }
    }

    @Test("answers random sequences alike", arguments: RealServer.groups)
    func sequences(_ group: ClosedRange<UInt64>) async throws {
        try await withServers { servers in
            for seed in group { try await compare(seed, servers) }
        }
    }

    private func compare(_ seed: UInt64, _ servers: Servers) async throws {
        var generator = RequestGenerator(seed: seed)
        for number in 0..<RealServer.length(of: seed) {
            let request = generator.next()
            let (real, modelled) = await servers.send(request)
            try #require(
                real == modelled, "seed \(seed), request \(number): \(request.testDescription): \(real)")
            // Every write is followed by a read, because that is where they show what they made of it.
            guard request.method != .read else { continue }
            let read = RecordedRequest(.read, request.collection, request.name)
            let (realRead, modelledRead) = await servers.send(read)
            try #require(
                realRead == modelledRead,
                "seed \(seed), read after \(number): \(request.testDescription): \(realRead.difference(modelledRead))")
        }
    }

    @Test("answers alike where nothing is mounted and on built-in policies")
    func corners() async throws {
        try await withServers { servers in
            let requests = [
                RecordedRequest(.read, "nothing", "a"), RecordedRequest(.write, "nothing", "a"),
                RecordedRequest(.delete, "nothing", "a"), RecordedRequest(.write, "root", ""),
                RecordedRequest(.delete, "root", ""), RecordedRequest(.read, "root", ""),
                RecordedRequest(.delete, "default", ""), RecordedRequest(.read, "kubernetes", "a/b"),
                RecordedRequest(.write, "static", "web", ["db_name": "pg"]),
                RecordedRequest(.write, "leases", "web", ["sync": true]),
            ]
            for request in requests {
                let (real, modelled) = await servers.send(request)
                #expect(real == modelled, "\(request.testDescription)")
            }
        }
    }

    @Test("answers alike on names that only one kind of role may have")
    func connections() async throws {
        try await withServers { servers in
            let body: JSONValue = [
                "plugin_name": "postgresql-database-plugin", "verify_connection": false, "allowed_roles": "a, b",
                "connection_url": "postgresql://{{username}}:{{password}}@h/db", "username": "u", "password": "p",
                "max_open_connections": "4",
            ]
            let requests = [
                RecordedRequest(.read, "connection", "pg"), RecordedRequest(.write, "connection", "pg", body),
                RecordedRequest(.read, "connection", "pg"), RecordedRequest(.read, "connection", "PG"),
                RecordedRequest(
                    .write, "connection", "pg", ["allowed_roles": [], "verify_connection": false]),
                RecordedRequest(.read, "connection", "pg"),
                RecordedRequest(.write, "connection", "x", ["verify_connection": false]),
                RecordedRequest(.delete, "connection", "pg"), RecordedRequest(.read, "connection", "pg"),
            ]
            for request in requests {
                let (real, modelled) = await servers.send(request)
                #expect(real == modelled, "\(request.testDescription)")
            }
        }
    }

    /// Both servers with mounts of the same names.
    private struct Servers: Sendable {
        let real: VaultConnection
        let modelled: InMemoryVault
        /// Part of all mounts and policies of this run.
        let run: String

        func send(_ request: RecordedRequest) async -> (real: Answer, modelled: Answer) {
            (await send(request, to: real), await send(request, to: modelled))
        }

        private func send(_ request: RecordedRequest, to server: any VaultAPI) async -> Answer {
            do throws(VaultError) {
                switch request.method {
                case .read:
                    return .data(Self.withoutVolatile(try await server.read(path(request))))
                case .write:
                    return .written(try await server.write(path(request), request.body).count)
                case .delete:
                    try await server.delete(path(request))
                    return .deleted
                }
            } catch {
                return .error(error.code)
            }
        }

        private func path(_ request: RecordedRequest) -> String {
            switch request.collection {
            case "policy": "sys/policies/acl/\(run)-\(request.name)"
            case "kubernetes", "jwt": "auth/\(run)-\(request.collection)/role/\(request.name)"
            case "database": "\(run)-database/roles/\(request.name)"
            case "static": "\(run)-database/static-roles/\(request.name)"
            case "connection": "\(run)-database/config/\(request.name)"
            case "leases": "sys/leases/revoke-prefix/\(run)-database/creds/\(request.name)"
            case "root", "default": "sys/policies/acl/\(request.collection)"
            default: "auth/\(run)-\(request.collection)/role/\(request.name)"
            }
        }

        private static func withoutVolatile(_ data: JSONValue?) -> JSONValue? {
            guard var data else { return nil }
            data["modified"] = nil
            return data
        }
    }

    /// Mounts engines with random names, and removes them and the run's policies at the end.
    private func withServers(_ body: (Servers) async throws -> Void) async throws {
        let variables = ProcessInfo.processInfo.environment
        let address = try #require(variables["BAO_ADDR"])
        let token = try #require(variables["BAO_TOKEN"])
        let file = FileManager.default.temporaryDirectory.appending(path: "lanyard-bao-\(UUID().uuidString)")
        try Data(token.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let real = try VaultConnection(
            VaultConnectionConfiguration(address: address, authentication: .token(file: file.path)),
            environment: .system, logger: Logger(label: "test"), fence: { .seconds(60) })
        let run = "run\(UInt32.random(in: 0...UInt32.max))"
        let mounts = [
            ("kubernetes", "sys/auth", InMemoryVault.MountType.kubernetesAuth), ("jwt", "sys/auth", .jwtAuth),
            ("database", "sys/mounts", .database),
        ]
        for (type, parent, _) in mounts {
            try await real.write("\(parent)/\(run)-\(type)", ["type": .string(type)])
        }
        let modelled = InMemoryVault(
            mounts: Dictionary(uniqueKeysWithValues: mounts.map { ("\(run)-\($0.0)", $0.2) }))
        let servers = Servers(real: real, modelled: modelled, run: run)
        let result: Result<Void, any Error>
        do {
            #expect(try await real.supportsPolicyCheckAndSet)
            try await real.checkHealth()
            result = .success(try await body(servers))
        } catch {
            result = .failure(error)
        }
        for (type, parent, _) in mounts { try await real.delete("\(parent)/\(run)-\(type)") }
        for path in modelled.paths where path.hasPrefix("sys/policies/acl/\(run)") { try await real.delete(path) }
        await real.close()
        try result.get()
    }
}
