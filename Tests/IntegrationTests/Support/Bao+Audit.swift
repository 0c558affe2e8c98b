import FoundationEssentials
import KubernetesModel
import Subprocess
import Testing

extension Bao {
    /// A request of which the audit log tells.
    struct AuditedRequest: Sendable {
        let operation: String
        let path: String
        /// The role of the Kubernetes auth method with which the sender logged in; nil for others, such as the tests.
        let role: String?

        /// Whether it was meant to change something.
        var isWrite: Bool { operation != "read" && operation != "list" }
    }

    /// Where the audit log ends now.
    func auditMark() throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: environment.vaultAuditLog)
        return try #require(attributes[.size] as? Int)
    }

    /// The requests in the audit log of which the path contains a text, in order.
    ///
    /// - Parameter mark: only those after it, all by default.
    func audited(pathContaining text: String, since mark: Int = 0) async throws -> [AuditedRequest] {
        try await requests(inLinesWith: text, since: mark).filter { $0.path.contains(text) }
    }

    /// What operators have asked for since a mark, except what concerns their own tokens, and what one look at serves all
    /// bindings.
    func operatorCalls(since mark: Int) async throws -> [AuditedRequest] {
        try await operatorRequests(since: mark).filter {
            !$0.path.hasPrefix("auth/token/") && !Self.sharedPaths.contains($0.path)
        }
    }

    /// What one look at serves all bindings for some seconds, or minutes.
    static let sharedPaths: Set<String> = [
        "sys/mounts", "sys/capabilities-self", "auth/kubernetes/config", "auth/jwt/config",
    ]

    /// The looks that serve all bindings.
    func sharedLooks(since mark: Int) async throws -> [AuditedRequest] {
        try await operatorRequests(since: mark).filter { Self.sharedPaths.contains($0.path) }
    }

    private func operatorRequests(since mark: Int) async throws -> [AuditedRequest] {
        try await requests(inLinesWith: "\"role\":\"lanyard\"", since: mark).filter { $0.role == "lanyard" }
    }

    /// Those of them that were meant to change something.
    func operatorWrites(since mark: Int) async throws -> [AuditedRequest] {
        try await operatorCalls(since: mark).filter(\.isWrite)
    }

    /// The log has a kilobyte and more for each request; only lines that can be meant are looked at.
    private func requests(inLinesWith text: String, since mark: Int) async throws -> [AuditedRequest] {
        let script = "tail -c +\"$0\" \"$1\" | grep -aF '\"type\":\"request\"' | grep -aF -- \"$2\" || true"
        let result = try await Subprocess.run(
            .name("sh"), arguments: ["-c", script, String(mark + 1), environment.vaultAuditLog, text],
            output: .string(limit: 1 << 30), error: .discarded)
        return result.standardOutput.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let entry = try? JSON.decode(JSONValue.self, from: Data(line)), entry["type"] == "request",
                let path = entry["request"]?["path"]?.string, let operation = entry["request"]?["operation"]?.string
            else { return nil }
            return AuditedRequest(operation: operation, path: path, role: entry["auth"]?["metadata"]?["role"]?.string)
        }
    }
}
