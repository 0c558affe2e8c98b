import LanyardAPI

/// What one boundary allows, parsed; a boundary that cannot be parsed whole allows nothing.
struct BoundaryGrant: Equatable, Sendable {
    /// A pattern of paths with what may be done there.
    struct Path: Equatable, Sendable {
        let template: BoundaryTemplate
        let capabilities: Set<Capability>
    }

    /// A database connection, or one for each namespace, with the roles that may be made of it.
    struct Database: Equatable, Sendable {
        let mount: BoundaryTemplate
        let connection: BoundaryTemplate
        let templates: [BoundaryTemplate]
        let allowsInlineStatements: Bool
        let staticUsernames: [String]
    }

    /// How people call the boundary.
    let boundary: String
    let onViolation: IdentityBoundarySpec.OnViolation
    let spiffeIDs: [BoundaryTemplate]
    let dnsNames: [BoundaryTemplate]
    let federatesWith: [String]
    /// Nil where the boundary does not say.
    let placements: [WorkloadIdentitySpec.Placement]?
    let maxX509TTL: Int?
    let maxJWTTTL: Int?
    let maxTokenTTL: Int?
    let names: [BoundaryTemplate]
    /// Nil where the boundary does not say.
    let authMounts: [String]?
    /// Mounts of secrets engines beside the configured ones.
    let secretsMounts: [BoundaryTemplate]
    let extraPolicies: [BoundaryTemplate]
    let paths: [Path]
    let databases: [Database]
    /// The switches that are on, by the name of their field.
    let allows: Set<Switch>

    /// What is either allowed or not.
    enum Switch: String, CaseIterable, Sendable {
        case allowAdmin = "identity.allowAdmin"
        case allowDownstream = "identity.allowDownstream"
        case allowStoreSVID = "identity.allowStoreSVID"
        case allowPeriodicTokens = "vault.allowPeriodicTokens"
        case allowOrphan, allowPause, allowReportOnly, allowAdoption
    }

    /// Parses what a boundary says, and notes what is wrong with it.
    init(_ spec: IdentityBoundarySpec, boundary: String, reading: inout BoundaryReading) {
        self.boundary = boundary
        onViolation = spec.onViolation ?? .retain
        reading.check(spec.namespaces)
        reading.tellsNamespacesApart = spec.sharedNames != true && spec.namespaces?.areSeveral == true
        let identity = spec.identity ?? .init()
        spiffeIDs = reading.templates(identity.spiffeIDs, "spec.identity.spiffeIDs", BoundaryReading.spiffeIDViolation)
        dnsNames = reading.templates(identity.dnsNames, "spec.identity.dnsNames", DNSNamePattern.violation)
        federatesWith = reading.literals(identity.federatesWith, "spec.identity.federatesWith") {
            TrustDomain($0) == nil ? "must be the name of a trust domain" : nil
        }
        placements = identity.placements
        maxX509TTL = reading.seconds(identity.maxX509TTL, "spec.identity.maxX509TTL")
        maxJWTTTL = reading.seconds(identity.maxJWTTTL, "spec.identity.maxJWTTTL")
        let vault = spec.vault ?? .init()
        names = reading.templates(vault.names, "spec.vault.names", BoundaryReading.nameViolation)
        authMounts = vault.authMounts.map {
            reading.literals($0, "spec.vault.authMounts", VaultName.violation(inAuthMount:))
        }
        maxTokenTTL = reading.seconds(vault.maxTokenTTL, "spec.vault.maxTokenTTL")
        extraPolicies = reading.templates(
            vault.extraPolicies, "spec.vault.extraPolicies", BoundaryReading.policyViolation)
        databases = reading.databases(vault.databases)
        secretsMounts = reading.templates(
            vault.secretsMounts, "spec.vault.secretsMounts", VaultName.violation(inMount:))
        paths = reading.paths(vault.paths, below: secretsMounts, databases.map(\.mount))
        let switches: [(Switch, Bool?)] = [
            (.allowAdmin, identity.allowAdmin), (.allowDownstream, identity.allowDownstream),
            (.allowStoreSVID, identity.allowStoreSVID), (.allowPeriodicTokens, vault.allowPeriodicTokens),
            (.allowOrphan, spec.allowOrphan), (.allowPause, spec.allowPause),
            (.allowReportOnly, spec.allowReportOnly ?? true), (.allowAdoption, spec.allowAdoption),
        ]
        allows = Set(switches.filter { $0.1 == true }.map(\.0))
    }
}

/// Something that a boundary allows, and which one does.
struct AllowedValue<Value: Equatable & Sendable>: Equatable, Sendable {
    let value: Value
    /// How people call the boundary: `IdentityBoundary shop`, or `the built-in default`.
    let boundary: String
}
