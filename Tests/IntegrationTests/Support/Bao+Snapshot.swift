import AsyncHTTPClient
import KubernetesModel
import NIOCore
import NIOHTTP1
import Testing

extension Bao {
    /// All that the server has, as a backup of raft storage.
    func snapshot() async throws -> ByteBuffer {
        let path = "sys/storage/raft/snapshot"
        let response = try await send(.GET, path, nil)
        guard response.status == .ok else { throw Refused(status: response.status.code, path: path) }
        return try await response.body.collect(upTo: 1 << 28)
    }

    /// Takes the server back to a backup, and waits until it has done so: it answers before.
    ///
    /// Nothing that other suites need may have come after the backup.
    func restore(_ snapshot: ByteBuffer) async throws {
        let (path, marker) = ("sys/storage/raft/snapshot-force", "sys/policies/acl/it-after-the-backup")
        try await write(marker, ["policy": "path \"secret/data/it-nothing\" { capabilities = [\"deny\"] }"])
        let response = try await send(.PUT, path, snapshot)
        guard (200..<300).contains(response.status.code) else {
            throw Refused(status: response.status.code, path: path)
        }
        try await eventually("what came after the backup is gone", within: .seconds(60)) {
            do {
                return try await read(marker) == nil ? nil : "it is there"
            } catch {
                // A server that cannot go on with what it was given seals itself.
                let isSealed = (try? await answer("sys/seal-status"))?["sealed"] == true
                if isSealed { try await unseal() }
                return "\(error)"
            }
        }
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: ByteBuffer?) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "\(environment.vaultAddress)/v1/\(path)")
        request.method = method
        request.headers.add(name: "X-Vault-Token", value: environment.vaultToken)
        if let body { request.body = .bytes(body) }
        return try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    }
}
