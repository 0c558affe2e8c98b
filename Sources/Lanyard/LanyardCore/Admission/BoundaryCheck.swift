import LanyardAPI

/// Holds what a resource asks for against what its namespace is allowed, and collects every violation.
struct BoundaryCheck {
    let boundary: EffectiveBoundary
    let values: BoundaryTemplate.Values
    private(set) var violations: [BoundaryViolation] = []
    /// The configured mounts of secrets engines, which are for all.
    private let sharedMounts: [String]
    /// All paths below each mount that is known to be of a secrets engine. Of a mount that is named after a ServiceAccount, while
    /// that is not known, any.
    private lazy var enginePaths: [PathPattern] = Set(
        sharedMounts
            + (boundary.all(\.databases).map(\.value.mount) + boundary.all(\.secretsMounts).map(\.value))
            .flatMap { $0.patterns(values) ?? [] }
    ).map { PathPattern("\($0)/*") }
    /// What patterns of the namespace have become.
    private let prepared: PreparedPatterns
    /// What others have become, by their text: each is filled and parsed once, however much is held against it.
    private var met: [String: [PathPattern]?] = [:]
    /// The allowed paths, likewise.
    private lazy var paths: [AllowedPath] = boundary.all(\.paths).compactMap { entry in
        patterns(sparing: entry.value.template).map {
            AllowedPath(patterns: $0, capabilities: entry.value.capabilities)
        }
    }
    /// The allowed DNS names, likewise.
    private lazy var dnsNames: [[DNSNamePattern]] = boundary.all(\.dnsNames).compactMap { entry in
        entry.value.patterns(values)?.map(DNSNamePattern.init)
    }

    private struct AllowedPath {
        let patterns: [PathPattern]
        let capabilities: Set<Capability>
    }

    /// As many violations are told; who has more is refused for these.
    static let maximumViolations = 64

    /// Nothing is asked for yet.
    ///
    /// - Parameter mounts: the configured ones.
    init(boundary: EffectiveBoundary, values: BoundaryTemplate.Values, mounts: MountNames) {
        self.boundary = boundary
        self.values = values
        sharedMounts = mounts.engines
        prepared = boundary.prepared(for: values, sparing: mounts.engines)
    }

    /// Demands that an asked pattern is contained in one of the allowed ones.
    ///
    /// - Parameter requested: made only if it is told.
    mutating func demand(
        _ asked: PathPattern, _ requested: @autoclosure () -> String, _ field: String,
        in list: [AllowedValue<BoundaryTemplate>]
    ) {
        for entry in list where covers(entry.value, asked) { return }
        refuse(field, requested(), allowed: list.map { .init(value: $0.value.text, boundary: $0.boundary) })
    }

    /// Demands for each capability that an allowed path which contains the rule's grants it. `deny` grants nothing.
    mutating func demand(_ rule: PolicyRule, _ field: String) {
        guard !rule.capabilities.contains(.deny) else { return }
        // The boundary's patterns cannot, as they stand there; a name that fills one of their placeholders can be `sys`.
        guard !VaultPathRule.mayReachSystem(rule.path, outside: enginePaths) else {
            return refuse(
                field, "\(Excerpt.quoting(rule.path, limit: 128)), \(VaultPathRule.systemReach)", allowed: [])
        }
        let asked = PathPattern(rule.path)
        var missing = rule.capabilities
        for path in paths where !missing.isDisjoint(with: path.capabilities) {
            if path.patterns.allSatisfy({ $0.contains(asked) }) { missing.subtract(path.capabilities) }
            if missing.isEmpty { return }
        }
        let names = missing.names.joined(separator: ", ")
        let boundary = boundary
        refuse(
            field, "\(Excerpt.quoting(rule.path, limit: 128)) [\(names)]",
            allowed: boundary.all(\.paths).map { entry in
                .init(
                    value: "\(entry.value.template.text) [\(entry.value.capabilities.names.joined(separator: ", "))]",
                    boundary: entry.boundary)
            })
    }

    /// Demands that a DNS name is contained in an allowed pattern.
    mutating func demandDNSName(_ name: String, _ field: String) {
        let asked = DNSNamePattern(name)
        if dnsNames.contains(where: { $0.allSatisfy { $0.contains(asked) } }) { return }
        let boundary = boundary
        refuse(
            field, Excerpt.quoting(name),
            allowed: boundary.all(\.dnsNames).map { .init(value: $0.value.text, boundary: $0.boundary) })
    }

    /// Demands that a value is one of those that are allowed.
    mutating func demand(_ value: String, _ field: String, oneOf list: [AllowedValue<String>]) {
        if list.contains(where: { $0.value.hasSameBytes(as: value) }) { return }
        refuse(field, Excerpt.quoting(value), allowed: list.map { .init(value: $0.value, boundary: $0.boundary) })
    }

    /// Demands that a duration is not above a cap; both in seconds. What is no duration is reported elsewhere.
    mutating func demand(_ text: String?, _ field: String, atMost cap: Int) {
        guard let text, case .success(let seconds) = VaultDuration.seconds(ofSpec: text), seconds > cap else { return }
        let source = boundary.sources.joined(separator: ", ")
        refuse(
            field, VaultDuration.text(seconds),
            allowed: [.init(value: "at most \(VaultDuration.text(cap))", boundary: source)])
    }

    /// Demands that something is switched on.
    mutating func demand(_ name: BoundaryGrant.Switch, _ field: String, _ requested: String) {
        if boundary.allows(name) { return }
        refuse(field, requested, allowed: [])
    }

    /// Notes that a field asks for too much.
    ///
    /// - Parameter allowed: made only if it is told.
    mutating func refuse(
        _ field: String, _ requested: @autoclosure () -> String,
        allowed: @autoclosure () -> [BoundaryViolation.Allowance]
    ) {
        guard violations.count < Self.maximumViolations else { return }
        violations.append(
            BoundaryViolation(field: field, requested: requested(), allowed: allowed(), undecided: boundary.undecided))
    }

    /// Whether a text, which is not a pattern itself, is what a template becomes.
    func names(_ template: BoundaryTemplate, _ text: String) -> Bool {
        !text.isEmpty && patterns(template)?.allSatisfy { $0.matches(text) } ?? false
    }

    /// Whether a mount is what a template becomes, and not by the name of a tenant one that all share.
    func namesMount(_ template: BoundaryTemplate, _ mount: String) -> Bool {
        !mount.isEmpty && patterns(sparing: template)?.allSatisfy { $0.matches(mount) } ?? false
    }

    /// Whether all that a template becomes contains a pattern.
    private mutating func covers(_ template: BoundaryTemplate, _ asked: PathPattern) -> Bool {
        let patterns = patterns(template)
        if prepared.patterns[template.text] == nil, met[template.text] == nil {
            met[template.text] = .some(patterns)
        }
        return patterns?.allSatisfy { $0.contains(asked) } ?? false
    }

    private func patterns(_ template: BoundaryTemplate) -> [PathPattern]? {
        if let known = prepared.patterns[template.text] { return known }
        if let known = met[template.text] { return known }
        return template.patterns(values)?.map { PathPattern($0) }
    }

    private func patterns(sparing template: BoundaryTemplate) -> [PathPattern]? {
        if let known = prepared.sparing[template.text] { return known }
        return template.patterns(values, sparing: sharedMounts)?.map { PathPattern($0) }
    }
}
