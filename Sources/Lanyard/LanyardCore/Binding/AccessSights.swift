package import KubernetesModel

/// What was seen of what an access takes for granted. What is not in it was not seen, and nothing is said of it.
package struct AccessSights: Equatable, Sendable {
    /// A secrets engine as the listing of mounts shows it.
    package struct Engine: Equatable, Sendable {
        /// Which kind of engine, by the server's name: `kv`, `pki`.
        package let type: String
        /// The version of a KV engine; 1 where none is said.
        package let version: Int
    }

    /// Where the listing of secrets engines is.
    package static let listingPath = "sys/mounts"

    /// All secrets engines, by mount path without slashes at its ends; nil when the listing was not seen.
    package var engines: [String: Engine]?
    /// Whether there is something at paths that were looked at.
    package var existing: [String: Bool] = [:]
    /// What the operator's own token may do at paths that were asked about.
    package var rights: [String: Set<String>] = [:]

    /// Nothing was looked at yet.
    package init() {}

    /// Adds what a path holds; nil when the server says that there is nothing.
    package mutating func add(_ data: JSONValue?, at path: String) {
        guard path == Self.listingPath else {
            existing[path] = data != nil
            return
        }
        guard let listing = data?.object else { return }
        var engines: [String: Engine] = [:]
        for (key, entry) in listing {
            // Servers repeat the listing beside members of the answer itself.
            guard key.hasSuffix("/"), let type = entry["type"]?.string else { continue }
            let version = entry["options"]?["version"]?.string.flatMap { Int($0) }
            engines[String(key.dropLast())] = Engine(type: type, version: version ?? 1)
        }
        self.engines = engines
    }

    /// Whether capabilities, as the server names them, are known to hold one.
    package static func allows(_ capability: String, _ capabilities: Set<String>?) -> Bool {
        capabilities.map { $0.contains(capability) || $0.contains("root") } ?? false
    }

    /// The engine that answers below a path, and where it is: the longest mount above it, or itself.
    func engine(at path: String) -> (mount: String, engine: Engine)? {
        var candidate = Substring(path)
        while true {
            if let engine = engines?[String(candidate)] { return (String(candidate), engine) }
            guard let slash = candidate.lastIndex(of: "/") else { return nil }
            candidate = candidate[..<slash]
        }
    }
}
