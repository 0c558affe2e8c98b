import KubernetesModel
package import LanyardAPI

/// Plans what a VaultMount becomes in Vault, and says what is wrong with its spec (rule spec-4).
package enum MountPlanner {
    /// The longest description, in bytes.
    private static let descriptionLimit = 512

    /// What should exist for a VaultMount.
    ///
    /// - Parameter held: what it holds in the ledger; empty where there is none. Addresses that were declared once and are
    ///   not any more are taken away: an engine has some, if only empty ones.
    /// - Returns: all violations, in the order of the spec's fields, if there is one; then nothing is to be written.
    package static func desired(
        for mount: VaultMount, held: [OwnershipRecord.Claim]
    ) -> Result<DesiredMount, SpecViolations> {
        let spec = mount.spec
        var check = SpecCheck()
        // A name with dots could be that of the record of a VaultRoleBinding.
        if !KubernetesName.isDNSLabel(mount.metadata.name) { check.invalid("metadata.name", "must be a DNS label") }
        let path = spec.path ?? mount.metadata.name
        let location = MountLocation(path: path, isAuthMethod: spec.type.isAuthMethod)
        if let violation = MountLocation.violation(in: path, isAuthMethod: spec.type.isAuthMethod) {
            check.invalid("spec.path", violation)
        }
        let settings = settings(of: spec, check: &check)
        checkSections(of: spec, check: &check)
        var objects: [DesiredMountObject] = []
        var authority: CertificateAuthority?
        switch spec.type {
        case .kubernetes:
            objects += kubernetes(spec.kubernetes, at: location, check: &check)
        case .jwt:
            objects += jwt(spec.jwt, at: location, check: &check)
        case .database:
            objects += connections(spec.database, at: location, check: &check)
        case .pki:
            objects += urls(spec.pki?.urls, at: location, held: held, check: &check)
            authority = self.authority(spec.pki, at: location, tuning: settings, check: &check)
            objects += roles(spec.pki?.roles, at: location, check: &check)
        case .kv:
            break
        }
        return check.result(
            DesiredMount(
                location: location, settings: settings, objects: objects, authority: authority,
                driftPolicy: spec.driftPolicy ?? .correct, deletionPolicy: spec.deletionPolicy ?? .orphan,
                adoptsExisting: mount.metadata.annotations?[LanyardGroup.adoptAnnotation] == "true"))
    }

    private static func settings(of spec: VaultMountSpec, check: inout SpecCheck) -> MountSettings {
        var settings = MountSettings(type: spec.type, description: spec.description ?? "")
        if let violation = violation(inText: settings.description, limit: descriptionLimit) {
            check.invalid("spec.description", violation)
        }
        settings.defaultLeaseTTL = check.seconds(spec.tune?.defaultLeaseTTL, "spec.tune.defaultLeaseTTL") ?? 0
        settings.maxLeaseTTL = check.seconds(spec.tune?.maxLeaseTTL, "spec.tune.maxLeaseTTL") ?? 0
        if settings.maxLeaseTTL > 0, settings.defaultLeaseTTL > settings.maxLeaseTTL {
            check.invalid("spec.tune.defaultLeaseTTL", "must not be longer than maxLeaseTTL")
        }
        settings.listingVisibility = spec.tune?.listingVisibility ?? "hidden"
        check.choice(settings.listingVisibility, ["hidden", "unauth"], "spec.tune.listingVisibility")
        settings.auditedRequestKeys = members(
            spec.tune?.auditNonHMACRequestKeys, "spec.tune.auditNonHMACRequestKeys", check: &check)
        settings.auditedResponseKeys = members(
            spec.tune?.auditNonHMACResponseKeys, "spec.tune.auditNonHMACResponseKeys", check: &check)
        if spec.type == .kv {
            let version = spec.kv?.version ?? 2
            if ![1, 2].contains(version) { check.invalid("spec.kv.version", "must be 1 or 2") }
            settings.kvVersion = version
        }
        return settings
    }

    /// Names of members of a body. The server splits a text at commas and trims it.
    private static func members(_ list: [String]?, _ field: String, check: inout SpecCheck) -> [String] {
        let list = check.bounded(list, field, limit: 64) ?? []
        for (index, name) in list.enumerated() where VaultName.violation(inReference: name) != nil {
            check.invalid("\(field)[\(index)]", "must be the name of a member of a request or an answer")
        }
        return list
    }

    /// The section of the type, and no other one.
    private static func checkSections(of spec: VaultMountSpec, check: inout SpecCheck) {
        let sections: [(type: VaultMountType, isGiven: Bool)] = [
            (.kubernetes, spec.kubernetes != nil), (.jwt, spec.jwt != nil), (.database, spec.database != nil),
            (.pki, spec.pki != nil), (.kv, spec.kv != nil),
        ]
        for section in sections {
            let field = "spec.\(section.type.rawValue)"
            if section.isGiven, section.type != spec.type {
                check.invalid(field, "must not be there: the type is \(spec.type.rawValue)")
            } else if !section.isGiven, section.type == spec.type, section.type.isAuthMethod {
                check.invalid(field, "must be there: the type is \(spec.type.rawValue)")
            }
        }
    }

    /// What is wrong with a text that people read; nil when nothing is.
    static func violation(inText text: String, limit: Int) -> String? {
        guard text.utf8.count <= limit else { return "must not be longer than \(limit) bytes" }
        return ControlCharacters.occur(in: text) ? "must not contain control characters" : nil
    }
}

extension SpecCheck {
    /// Notes a text that is none of the choices.
    mutating func choice(_ text: String, _ choices: [String], _ field: String) {
        if !choices.contains(text) { invalid(field, "must be one of \(choices.joined(separator: ", "))") }
    }

    /// Notes a violation, if there is one.
    mutating func note(_ violation: String?, _ field: String) {
        if let violation { invalid(field, violation) }
    }
}

extension VaultMount: SelfContainedKind {
    package func violations(settings: PlanningSettings) -> SpecViolations? {
        if case .failure(let violations) = MountPlanner.desired(for: self, held: []) { violations } else { nil }
    }
}
