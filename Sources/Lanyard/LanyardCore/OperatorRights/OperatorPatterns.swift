import KubernetesModel
import LanyardAPI

/// What the operator needs in Vault for whatever boundaries may come to allow: patterns of names, at the mounts that the
/// same namespace can be allowed.
struct OperatorPatterns {
    /// What the operator does to objects that it makes.
    static let whole: Set<Capability> = [.create, .read, .update, .delete]
    /// Policies have no existence check: every write is an update.
    static let ofPolicies: Set<Capability> = [.read, .update, .delete]
    /// The server demands both, and every other way to revoke leases wants sudo on all of them, to list them.
    static let ofRevocations: Set<Capability> = [.update, .sudo]

    private(set) var rules: [PolicyRule] = []
    /// Auth mounts that boundaries name.
    private(set) var authMounts: [String] = []
    private(set) var databaseMounts: [String] = []
    private(set) var connectionPaths: [String] = []
    /// What is left out, since Vault's grammar could only say it as "every name".
    private(set) var omissions: [String] = []
    private let settings: PlanningSettings
    private let revokesLeases: Bool

    /// A boundary that can be used.
    private struct Entry {
        let namespaces: IdentityBoundarySpec.Namespaces?
        let grant: BoundaryGrant
    }

    /// Derives them. An invalid boundary allows nothing and so needs nothing.
    init(_ boundaries: [IdentityBoundary], settings: PlanningSettings, revokesLeases: Bool) {
        self.settings = settings
        self.revokesLeases = revokesLeases
        let entries = boundaries.sorted { $0.metadata.name < $1.metadata.name }.compactMap { boundary -> Entry? in
            var reading = BoundaryReading(settings: settings)
            let grant = BoundaryGrant(
                boundary.spec, boundary: "IdentityBoundary \(boundary.metadata.name)", reading: &reading)
            return reading.check.violations.isEmpty ? Entry(namespaces: boundary.spec.namespaces, grant: grant) : nil
        }
        authMounts = Set(entries.compactMap(\.grant.authMounts).flatMap { $0 }).sorted()
        // Where no boundary is, names are derived ones; where one is, they may be.
        let derived = Names(policies: ["lanyard.\(settings.clusterName).*"])
        addRoles(of: derived, at: Set(authMounts + defaultAuthMounts))
        for entry in entries {
            let names = self.names(of: entry.grant)
            let neighbours = entries.filter { Self.overlap($0.namespaces, entry.namespaces) }.map(\.grant)
            addRoles(of: names, at: authMounts(of: entry.grant, beside: neighbours))
            for grant in neighbours {
                for database in grant.databases { addRoles(of: names, in: database) }
            }
            for database in entry.grant.databases { add(database, of: entry.grant, derived: derived) }
        }
    }

    /// Names of what is made within one boundary.
    private struct Names {
        /// Of policies and auth roles.
        var policies: Set<String> = []
        /// Of database roles that are not derived from those of the auth roles.
        var databaseRoles: Set<String> = []

        var ofDatabaseRoles: Set<String> { policies.filter { $0.hasSuffix("*") }.union(databaseRoles) }
    }

    private var defaultAuthMounts: [String] { [settings.mounts.kubernetesAuth, settings.mounts.jwtAuth] }

    /// Boundaries add up: what one states holds instead of the defaults of the others.
    private func authMounts(of grant: BoundaryGrant, beside neighbours: [BoundaryGrant]) -> Set<String> {
        let stated = Set(neighbours.compactMap(\.authMounts).flatMap { $0 })
        return grant.authMounts == nil ? stated.union(defaultAuthMounts) : stated
    }

    private mutating func names(of grant: BoundaryGrant) -> Names {
        var names = Names()
        for template in grant.names {
            switch prefix(of: template) {
            case .exactly(let name):
                names.policies.insert(name)
                names.databaseRoles.formUnion([name, "\(name)_*"])
            case .beginning(let stem) where stem.isEmpty:
                omissions.append("\(grant.boundary): names \(template.text) could be any name")
            case .beginning(let stem):
                names.policies.insert("\(stem)*")
            }
        }
        return names
    }

    private func prefix(of template: BoundaryTemplate) -> BoundaryTemplate.Prefix {
        template.prefix(cluster: settings.clusterName, trustDomain: settings.trustDomain.name)
    }

    private mutating func addRoles(of names: Names, at mounts: Set<String>) {
        rules += names.policies.map { PolicyRule(path: "sys/policies/acl/\($0)", capabilities: Self.ofPolicies) }
        for mount in mounts {
            rules += names.policies.map { PolicyRule(path: "auth/\(mount)/role/\($0)", capabilities: Self.whole) }
        }
    }

    private mutating func add(_ database: BoundaryGrant.Database, of grant: BoundaryGrant, derived: Names) {
        guard let mount = literal(database.mount) else {
            omissions.append("\(grant.boundary): databases \(database.mount.text) could be any mount")
            return
        }
        databaseMounts.append(mount)
        switch prefix(of: database.connection) {
        case .exactly(let name):
            connectionPaths.append("\(mount)/config/\(name)")
            rules.append(PolicyRule(path: "\(mount)/config/\(name)", capabilities: [.read]))
        case .beginning(let stem) where stem.isEmpty:
            omissions.append("\(grant.boundary): databases \(database.connection.text) could be any connection")
        case .beginning(let stem):
            rules.append(PolicyRule(path: "\(mount)/config/\(stem)*", capabilities: [.read]))
        }
        addRoles(of: derived, in: database)
    }

    private mutating func addRoles(of names: Names, in database: BoundaryGrant.Database) {
        guard let mount = literal(database.mount) else { return }
        let names = names.ofDatabaseRoles
        rules += names.map { PolicyRule(path: "\(mount)/roles/\($0)", capabilities: Self.whole) }
        // A dynamic role that is to be created looks whether a static one of its name is in its way.
        let isStatic = !database.staticUsernames.isEmpty
        rules += names.map {
            PolicyRule(path: "\(mount)/static-roles/\($0)", capabilities: isStatic ? Self.whole : [.read])
        }
        // Static roles give out no leases.
        guard revokesLeases, database.allowsInlineStatements || !database.templates.isEmpty else { return }
        rules += names.flatMap { Self.rules(for: DatabaseLeases(at: "\(mount)/creds/\($0)")) }
    }

    /// To revoke leases, and to say how many are left.
    static func rules(for leases: DatabaseLeases) -> [PolicyRule] {
        [
            PolicyRule(path: leases.revocationPath, capabilities: ofRevocations),
            PolicyRule(path: leases.listingPath, capabilities: [.list, .sudo]),
        ]
    }

    private func literal(_ template: BoundaryTemplate) -> String? {
        guard case .exactly(let text) = prefix(of: template) else { return nil }
        return text
    }

    /// Whether two boundaries can be about the same namespace, as far as names tell.
    private static func overlap(
        _ left: IdentityBoundarySpec.Namespaces?, _ right: IdentityBoundarySpec.Namespaces?
    ) -> Bool {
        if left?.selector?.demandsSomething == true || right?.selector?.demandsSomething == true { return true }
        return (left?.names ?? []).contains { one in (right?.names ?? []).contains { overlap(one, $0) } }
    }

    private static func overlap(_ left: String, _ right: String) -> Bool {
        let (one, other) = (stem(of: left), stem(of: right))
        switch (one.isOpen, other.isOpen) {
        case (true, true): return one.text.hasPrefix(other.text) || other.text.hasPrefix(one.text)
        case (true, false): return other.text.hasPrefix(one.text)
        case (false, true): return one.text.hasPrefix(other.text)
        case (false, false): return one.text == other.text
        }
    }

    private static func stem(of pattern: String) -> (text: String, isOpen: Bool) {
        pattern.hasSuffix("*") ? (String(pattern.dropLast()), true) : (pattern, false)
    }
}
