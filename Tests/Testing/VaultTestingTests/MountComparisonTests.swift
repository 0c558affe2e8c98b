import KubernetesModel
import Testing
import VaultClient
import VaultTesting

/// Mounts, their tuning and configuration: the same requests to the server in memory and to a real OpenBao.
@Suite("Mounts of InMemoryVault against OpenBao", .enabled(if: OpenBao.isNamed), .serialized)
struct MountComparisonTests {
    /// What both servers say; messages may differ, codes and data may not.
    private enum Answer: Equatable {
        case data(JSONValue?)
        case done
        case error(VaultError.Code)
    }

    private static let mounts: [(type: String, parent: String)] = [
        ("kubernetes", "sys/auth"), ("jwt", "sys/auth"), ("pki", "sys/mounts"),
    ]

    @Test("answer random sequences alike", arguments: UInt64(1)...10)
    func sequences(_ seed: UInt64) async throws {
        try await withServers { real, modelled, run in
            var generator = MountRequestGenerator(seed: seed)
            for number in 0..<100 {
                let request = generator.next()
                let answer = await send(request.method, request.path, request.body, to: real, run)
                try #require(
                    answer == (await send(request.method, request.path, request.body, to: modelled, run)),
                    "seed \(seed), \(number): \(request.testDescription): \(answer)")
                let read = await send(.read, request.readPath, [:], to: real, run)
                try #require(
                    read == (await send(.read, request.readPath, [:], to: modelled, run)),
                    "seed \(seed), read after \(number): \(request.testDescription): \(read)")
            }
            // What is left in the end is listed alike, too.
            for path in ["sys/auth", "sys/mounts"] {
                #expect(
                    await send(.read, path, [:], to: real, run) == (await send(.read, path, [:], to: modelled, run)))
            }
        }
    }

    @Test("a PKI mount has no authority at first, one after each generation, and an intermediate's once it is signed")
    func authorities() async throws {
        try await withServers { real, modelled, run in
            for server in [real, modelled] as [any VaultAPI] {
                let root = "\(run)-pki"
                #expect(try await server.read("\(root)/config/issuers")?["default"] == "")
                let answer = try await server.submit(
                    "\(root)/root/generate/internal", ["common_name": "Root", "ttl": "87600h"])
                #expect(answer?["certificate"]?.string?.isEmpty == false)
                let first = try await server.read("\(root)/config/issuers")?["default"]
                #expect(first?.string?.isEmpty == false)
                // Nothing keeps a server from making another: that is for its client to see to.
                _ = try await server.submit("\(root)/root/generate/internal", ["common_name": "Root"])
                #expect(try await server.read("\(root)/config/issuers")?["default"] == first)

                let intermediate = "\(run)-b"
                try await server.write("sys/mounts/\(intermediate)", ["type": "pki"])
                let request = try await server.submit(
                    "\(intermediate)/intermediate/generate/internal", ["common_name": "Intermediate"])
                #expect(try await server.read("\(intermediate)/config/issuers")?["default"] == "")
                let signed = try await server.submit(
                    "\(root)/root/sign-intermediate",
                    ["csr": request?["csr"] ?? .null, "common_name": "Intermediate", "ttl": "24h"])
                _ = try await server.submit(
                    "\(intermediate)/intermediate/set-signed", ["certificate": signed?["certificate"] ?? .null])
                #expect(try await server.read("\(intermediate)/config/issuers")?["default"]?.string?.isEmpty == false)
            }
        }
    }

    private func send(
        _ method: RecordedRequest.Method, _ path: String, _ body: JSONValue, to server: any VaultAPI, _ run: String
    ) async -> Answer {
        let path = path.replacing("RUN", with: run)
        do throws(VaultError) {
            switch method {
            case .read: return .data(Self.comparable(try await server.read(path), at: path, run))
            case .write:
                try await server.write(path, body)
                return .done
            case .delete:
                try await server.delete(path)
                return .done
            }
        } catch {
            return .error(error.code)
        }
    }

    /// Of mounts what is modelled, and of lists what is this run's.
    private static func comparable(_ data: JSONValue?, at path: String, _ run: String) -> JSONValue? {
        guard let data, path.hasPrefix("sys/") else { return data }
        if path == "sys/auth" || path == "sys/mounts" {
            return .object(
                (data.object ?? [:]).filter { $0.key.hasPrefix(run) }.mapValues { modelled($0) })
        }
        return modelled(data)
    }

    private static func modelled(_ entry: JSONValue) -> JSONValue {
        var result: JSONValue = [:]
        for key in ["type", "description", "config", "local", "seal_wrap"] { result[key] = entry[key] }
        result["version"] = entry["options"]?["version"] ?? "1"
        return result
    }

    /// Both servers with mounts of the same names.
    private func withServers(_ body: (any VaultAPI, any VaultAPI, String) async throws -> Void) async throws {
        try await OpenBao.run { bao in
            try await bao.withMounts(Self.mounts) { run in
                let modelled = InMemoryVault(
                    mounts: ["\(run)-kubernetes": .kubernetesAuth, "\(run)-jwt": .jwtAuth, "\(run)-pki": .pki])
                let result: Result<Void, any Error>
                do {
                    result = .success(try await body(bao.connection, modelled, run))
                } catch {
                    result = .failure(error)
                }
                for name in ["a", "b", "a/c"] {
                    for parent in ["sys/auth", "sys/mounts"] {
                        try? await bao.connection.delete("\(parent)/\(run)-\(name)")
                    }
                }
                try result.get()
            }
        }
    }
}
