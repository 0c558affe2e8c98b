import FoundationEssentials
import KubernetesModel

/// What OpenBao and SPIRE have logged of writes since a moment: the proof of what was written, how often, and by whom.
struct WriteLogs: Sendable {
    /// A write that reached OpenBao, whatever became of it.
    struct VaultWrite: Equatable, Sendable, CustomStringConvertible {
        let operation: String
        let path: String
        /// The role of the Kubernetes auth method with which the writer logged in; nil for others.
        let role: String?

        var description: String { "\(role ?? "somebody"): \(operation) \(path)" }
    }

    /// An item of a call that writes entries.
    struct EntryWrite: Hashable, Sendable, CustomStringConvertible {
        let method: String
        let id: String

        var description: String { "\(method) \(id)" }
    }

    private let environment: TestEnvironment
    private let vaultStart: Int
    private let spireStart: Int

    /// Begins now.
    init(_ environment: TestEnvironment) throws {
        self.environment = environment
        vaultStart = try Self.size(of: environment.vaultAuditLog)
        spireStart = try environment.spireLog.map { try Self.size(of: $0.path) } ?? 0
    }

    /// Writes to OpenBao with a text in their path, in order.
    func vault(pathContaining text: String) throws -> [VaultWrite] {
        let log = try Data(contentsOf: URL(filePath: environment.vaultAuditLog))
        return log.lines(containing: text, from: vaultStart).compactMap { line in
            guard let entry = try? JSON.decode(JSONValue.self, from: line), entry["type"] == "request",
                let path = entry["request"]?["path"]?.string, path.contains(text),
                let operation = entry["request"]?["operation"]?.string, operation != "read", operation != "list"
            else { return nil }
            return VaultWrite(operation: operation, path: path, role: entry["auth"]?["metadata"]?["role"]?.string)
        }
    }

    /// Entries that SPIRE was asked to create, change or delete, with a text in their IDs, in order. Nothing where the
    /// server keeps no log.
    func spire(idContaining text: String) throws -> [EntryWrite] {
        guard let log = environment.spireLog else { return [] }
        let calls = try Data(contentsOf: URL(filePath: log.path)).lines(containing: text, from: spireStart)
        return calls.compactMap { try? JSON.decode(JSONValue.self, from: $0) }.flatMap { log.entryWrites(in: $0) }
            .filter { $0.id.contains(text) }
    }

    private static func size(of file: String) throws -> Int { try Data(contentsOf: URL(filePath: file)).count }
}
