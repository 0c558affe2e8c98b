import AsyncHTTPClient
import FoundationEssentials
import KubernetesModel
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// etcd as its administrator sees it, through its JSON gateway.
struct Etcd: Sendable {
    let endpoint: String

    /// Forgets the history of all keys: whoever watches or pages from an older revision is told that it is gone. Done as
    /// API servers do it, by whose note they know of it: those that serve pages from memory look at it every 15 seconds
    /// (apiserver `storage/etcd3/compact.go`, `storage/cacher/compactor.go`).
    ///
    /// - Returns: the revision up to which nothing but the present is known.
    @discardableResult
    func compact() async throws -> String {
        let status = try await post("v3/maintenance/status", [:])
        guard let revision = status["header"]?["revision"]?.string else { throw Refused() }
        _ = try await post("v3/kv/compaction", ["revision": .string(revision), "physical": true])
        _ = try await post(
            "v3/kv/put",
            [
                "key": .string(Data("compact_rev_key".utf8).base64EncodedString()),
                "value": .string(Data(revision.utf8).base64EncodedString()),
            ])
        return revision
    }

    /// Deletes all keys that begin with a text.
    func delete(prefix: String) async throws {
        var end = Array(prefix.utf8)
        // The first key that does not begin so; the text is ASCII.
        end[end.count - 1] += 1
        _ = try await post(
            "v3/kv/deleterange",
            [
                "key": .string(Data(prefix.utf8).base64EncodedString()),
                "range_end": .string(Data(end).base64EncodedString()),
            ])
    }

    private func post(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        var request = HTTPClientRequest(url: "\(endpoint)/\(path)")
        request.method = .POST
        request.body = .bytes(ByteBuffer(data: try JSON.encode(body)))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let data = Data(buffer: try await response.body.collect(upTo: 1 << 20))
        guard response.status == .ok else { throw Refused() }
        return try JSON.decode(JSONValue.self, from: data)
    }

    /// An answer that the test did not expect.
    struct Refused: Error {}
}
