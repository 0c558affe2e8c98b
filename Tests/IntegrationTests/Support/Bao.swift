import AsyncHTTPClient
import FoundationEssentials
import KubernetesModel
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Testing

/// OpenBao as its administrator sees it.
struct Bao: Sendable {
    let environment: TestEnvironment

    /// The `data` of a read; nil when there is no such object.
    func read(_ path: String) async throws -> JSONValue? {
        let (status, body) = try await send("GET", path, nil)
        if status == 404 { return nil }
        guard status == 200 else { throw Refused(status: status, path: path) }
        return body["data"]
    }

    func write(_ path: String, _ body: JSONValue) async throws {
        let (status, _) = try await send("PUT", path, body)
        guard (200..<300).contains(status) else { throw Refused(status: status, path: path) }
    }

    /// The whole answer to a write.
    func call(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        let (status, answer) = try await send("PUT", path, body)
        guard (200..<300).contains(status) else { throw Refused(status: status, path: path) }
        return answer
    }

    /// The whole answer to a read of what has no `data`.
    func answer(_ path: String) async throws -> JSONValue {
        let (status, body) = try await send("GET", path, nil)
        guard status == 200 else { throw Refused(status: status, path: path) }
        return body
    }

    /// The names in a collection, sorted; none when there is none.
    func list(_ path: String) async throws -> [String] {
        let (status, body) = try await send("GET", "\(path)?list=true", nil)
        guard status == 200 || status == 404 else { throw Refused(status: status, path: path) }
        return (body["data"]?["keys"]?.array ?? []).compactMap(\.string).sorted()
    }

    func delete(_ path: String) async throws {
        let (status, _) = try await send("DELETE", path, nil)
        guard (200..<300).contains(status) else { throw Refused(status: status, path: path) }
    }

    func seal() async throws { try await write("sys/seal", [:]) }

    func unseal() async throws {
        let key = try String(contentsOf: URL(filePath: environment.vaultUnsealKeyFile), encoding: .utf8)
        try await write("sys/unseal", ["key": .string(key.filter { !$0.isWhitespace })])
        try await waitUntilActive()
    }

    /// Waits until the server is unsealed and leads.
    func waitUntilActive() async throws {
        try await eventually("OpenBao is active") {
            try await send("GET", "sys/health", nil).status == 200 ? nil : "not active yet"
        }
    }

    /// The names of policies with a prefix.
    func policies(withPrefix prefix: String) async throws -> [String] {
        let (_, body) = try await send("GET", "sys/policies/acl?list=true", nil)
        return (body["data"]?["keys"]?.array ?? []).compactMap(\.string).filter { $0.hasPrefix(prefix) }
    }

    private func send(_ method: String, _ path: String, _ body: JSONValue?) async throws -> (status: UInt, JSONValue) {
        var request = HTTPClientRequest(url: "\(environment.vaultAddress)/v1/\(path)")
        request.method = .init(rawValue: method)
        request.headers.add(name: "X-Vault-Token", value: environment.vaultToken)
        if let body { request.body = .bytes(ByteBuffer(data: try JSON.encode(body))) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let data = Data(buffer: try await response.body.collect(upTo: 1 << 24))
        return (response.status.code, (try? JSON.decode(JSONValue.self, from: data)) ?? .null)
    }

    /// An answer that the test did not expect.
    struct Refused: Error {
        let status: UInt
        let path: String
    }
}
