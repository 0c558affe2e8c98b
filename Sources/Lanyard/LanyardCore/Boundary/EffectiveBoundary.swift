import LanyardAPI

/// What one namespace may ask for: the boundaries that match it, added up (rule bound-1).
package struct EffectiveBoundary: Equatable, Sendable {
    /// Caps that hold where no boundary of the namespace says one, in seconds.
    static let defaultX509TTL = 86_400, defaultJWTTTL = 3_600, defaultTokenTTL = 86_400

    private let grants: [BoundaryGrant]
    /// Boundaries that are or may be about the namespace and cannot be used, with the reason: they allow nothing, and
    /// nothing is withdrawn on their account.
    package let undecided: [String]
    private let mounts: MountNames
    /// What an object has to have in common with `prepared`.
    private let common: BoundaryTemplate.Values
    private let prepared: PreparedPatterns

    /// What holds in a namespace.
    ///
    /// - Parameter room: how many patterns may be prepared.
    init(
        grants: [BoundaryGrant], undecided: [String], namespace: String, settings: PlanningSettings,
        preparing room: Int
    ) {
        self.grants = grants
        self.undecided = undecided
        mounts = settings.mounts
        common = BoundaryTemplate.Values(
            namespace: namespace, name: "m", serviceAccounts: ["s"], cluster: settings.clusterName,
            trustDomain: settings.trustDomain.name)
        prepared = PreparedPatterns(grants, values: common, sparing: mounts.engines, room: room)
    }

    /// What is prepared is made of the rest, as far as there was room.
    package static func == (left: EffectiveBoundary, right: EffectiveBoundary) -> Bool {
        left.grants == right.grants && left.undecided == right.undecided && left.mounts == right.mounts
            && left.common == right.common
    }

    /// How many patterns are prepared.
    package var preparedCount: Int { prepared.count }

    /// What is known of patterns that are filled with values; nothing where those are not of this namespace, or no names.
    ///
    /// - Parameter mounts: those that all share.
    func prepared(for values: BoundaryTemplate.Values, sparing mounts: [String]) -> PreparedPatterns {
        var own = common
        (own.name, own.serviceAccounts) = (values.name, values.serviceAccounts)
        return own == values && values.arePlain && mounts == self.mounts.engines ? prepared : .nothing
    }

    /// Whether what exists is to be deleted when its resource falls outside: if one boundary says so, and all are known.
    package var withdraws: Bool { undecided.isEmpty && grants.contains { $0.onViolation == .withdraw } }

    /// Whether `deletionPolicy: Orphan` may leave access behind.
    package var allowsOrphan: Bool { allows(.allowOrphan) }

    /// Whether the annotation `lanyard.dev/paused` has effect.
    package var allowsPause: Bool { allows(.allowPause) }

    /// Whether the annotation `lanyard.dev/adopt` has effect.
    package var allowsAdoption: Bool { allows(.allowAdoption) }

    /// The longest life of tokens, in seconds. It is written into roles whose binding does not say one, so that it holds for
    /// those who say nothing as well, whether a boundary states it or not.
    package var maxTokenTTL: Int { grants.compactMap(\.maxTokenTTL).max() ?? Self.defaultTokenTTL }

    func allows(_ name: BoundaryGrant.Switch) -> Bool { grants.contains { $0.allows.contains(name) } }

    var maxX509TTL: Int { grants.compactMap(\.maxX509TTL).max() ?? Self.defaultX509TTL }

    var maxJWTTTL: Int { grants.compactMap(\.maxJWTTTL).max() ?? Self.defaultJWTTTL }

    var placements: [WorkloadIdentitySpec.Placement] {
        let stated = grants.compactMap(\.placements)
        if !stated.isEmpty { return stated.flatMap { $0 } }
        return grants.isEmpty ? [] : [.cluster, .node, .pod]
    }

    var authMounts: [String] {
        let stated = grants.compactMap(\.authMounts)
        if !stated.isEmpty { return stated.flatMap { $0 } }
        return grants.isEmpty ? [] : [mounts.kubernetesAuth, mounts.jwtAuth]
    }

    /// One list of all grants, each entry with its boundary.
    func all<Value>(_ list: (BoundaryGrant) -> [Value]) -> [AllowedValue<Value>] {
        grants.flatMap { grant in list(grant).map { AllowedValue(value: $0, boundary: grant.boundary) } }
    }

    /// The names of the boundaries, for messages.
    var sources: [String] { grants.map(\.boundary) }
}
