import LanyardAPI

/// What one entry of `spec.access` takes for granted: an engine, and something in it. Vault accepts a policy for what
/// does not exist, and says so only to the workload.
package struct EngineNeed: Hashable, Sendable {
    /// What has to be mounted.
    package enum Engine: Hashable, Sendable {
        /// A KV engine of a version.
        case kv(version: Int)
        /// A PKI engine with a role.
        case pki(role: String)
        /// A transit engine with a key.
        case transit(key: String)
    }

    /// What two entries may have in common.
    private struct Place: Hashable {
        let mount: String
        let engine: Engine
    }

    /// The entry, for messages: `spec.access.kv[0]`.
    package let field: String
    /// As in API paths: `secret`.
    package let mount: String
    package let engine: Engine

    /// The type as the listing of mounts names it.
    package var type: String {
        switch engine {
        case .kv: "kv"
        case .pki: "pki"
        case .transit: "transit"
        }
    }

    /// What is to be there within the engine; nil where there is nothing that could be asked for.
    package var path: String? {
        switch engine {
        case .kv: nil
        case .pki(let role): "\(mount)/roles/\(role)"
        case .transit(let key): "\(mount)/keys/\(key)"
        }
    }

    /// What an access takes for granted, in the order of the spec; of several entries that take the same, the first.
    static func all(of access: Access?, mounts: MountNames) -> [EngineNeed] {
        var seen: Set<Place> = []
        var needs: [EngineNeed] = []
        func add(_ need: EngineNeed) {
            if seen.insert(Place(mount: need.mount, engine: need.engine)).inserted { needs.append(need) }
        }
        for (index, entry) in (access?.kv ?? []).enumerated() {
            add(
                EngineNeed(
                    field: "spec.access.kv[\(index)]", mount: entry.mount ?? mounts.kv,
                    engine: .kv(version: entry.version ?? 2)))
        }
        for (index, entry) in (access?.pki ?? []).enumerated() {
            add(
                EngineNeed(
                    field: "spec.access.pki[\(index)]", mount: entry.mount ?? mounts.pki,
                    engine: .pki(role: entry.role)))
        }
        for (index, entry) in (access?.transit ?? []).enumerated() {
            add(
                EngineNeed(
                    field: "spec.access.transit[\(index)]", mount: entry.mount ?? mounts.transit,
                    engine: .transit(key: entry.key)))
        }
        return needs
    }
}
