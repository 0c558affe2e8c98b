import KubernetesModel

/// The log in which a SPIRE server tells its calls, one JSON value in each line.
enum SPIRELog: Sendable {
    /// Of the emulator: a line for each call.
    case calls(path: String)
    /// Of a real server, among what else it logs: a line for each item of a call that writes.
    case audit(path: String)

    /// What the environment names; nil where the server is somebody else's.
    static var given: Self? {
        TestEnvironment.variable("SPIRE_CALL_LOG").map { .calls(path: $0) }
            ?? TestEnvironment.variable("SPIRE_AUDIT_LOG").map { .audit(path: $0) }
    }

    var path: String {
        switch self {
        case .calls(let path), .audit(let path): path
        }
    }

    /// What a line says of entries that somebody asked to create, change or delete.
    func entryWrites(in line: JSONValue) -> [WriteLogs.EntryWrite] {
        guard let method = line["method"]?.string, method.hasPrefix("Batch"), method.hasSuffix("Entry") else {
            return []
        }
        switch self {
        case .calls:
            return (line["ids"]?.array ?? []).compactMap(\.string).map { .init(method: method, id: $0) }
        case .audit:
            guard line["type"] == "audit", let id = line["entry_id"]?.string else { return [] }
            return [.init(method: method, id: id)]
        }
    }
}
