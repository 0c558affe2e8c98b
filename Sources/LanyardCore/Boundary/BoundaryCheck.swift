import LanyardAPI

/// Holds what a resource asks for against what its namespace is allowed, and collects every violation.
struct BoundaryCheck {
    let boundary: EffectiveBoundary
    let values: BoundaryTemplate.Values
    private(set) var violations: [BoundaryViolation] = []
    /// Mounts that are known to be of secrets engines.
    private let enginePaths: [String]

    /// Begins a check.
    ///
    /// - Parameter mounts: the configured ones.
    init(boundary: EffectiveBoundary, values: BoundaryTemplate.Values, mounts: VaultMounts) {
        self.boundary = boundary
        self.values = values
        enginePaths =
            mounts.engines + boundary.all(\.databases).map(\.value.mount)
            + boundary.all(\.secretsMounts).flatMap { $0.value.patterns(values) ?? [] }
    }

    /// Demands that an asked pattern is contained in one of the allowed ones.
    mutating func demand(
        _ asked: PathPattern, _ requested: String, _ field: String, in list: [Sourced<BoundaryTemplate>]
    ) {
        guard !list.contains(where: { covers($0.value, asked) }) else { return }
        refuse(field, requested, allowed: list.map { .init(value: $0.value.text, boundary: $0.boundary) })
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
        let list = boundary.all(\.paths)
        let granted = list.filter { covers($0.value.template, asked) }.map(\.value.capabilities)
        let missing = rule.capabilities.filter { capability in !granted.contains { $0.contains(capability) } }
        if missing.isEmpty { return }
        let names = Set(missing).names.joined(separator: ", ")
        refuse(
            field, "\(Excerpt.quoting(rule.path, limit: 128)) [\(names)]",
            allowed: list.map { entry in
                .init(
                    value: "\(entry.value.template.text) [\(entry.value.capabilities.names.joined(separator: ", "))]",
                    boundary: entry.boundary)
            })
    }

    /// Demands that a DNS name is contained in an allowed pattern.
    mutating func demandDNSName(_ name: String, _ field: String) {
        let asked = DNSNamePattern(name)
        let list = boundary.all(\.dnsNames)
        let isAllowed = list.contains { entry in
            entry.value.patterns(values)?.allSatisfy { DNSNamePattern($0).contains(asked) } ?? false
        }
        if isAllowed { return }
        refuse(
            field, Excerpt.quoting(name),
            allowed: list.map { .init(value: $0.value.text, boundary: $0.boundary) })
    }

    /// Demands that a value is one of those that are allowed.
    mutating func demand(_ value: String, _ field: String, oneOf list: [Sourced<String>]) {
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
    mutating func refuse(_ field: String, _ requested: String, allowed: [BoundaryViolation.Allowance]) {
        violations.append(
            BoundaryViolation(field: field, requested: requested, allowed: allowed, undecided: boundary.undecided))
    }

    /// Whether all that a template becomes contains a pattern.
    func covers(_ template: BoundaryTemplate, _ asked: PathPattern) -> Bool {
        template.patterns(values)?.allSatisfy { PathPattern($0).contains(asked) } ?? false
    }
}
