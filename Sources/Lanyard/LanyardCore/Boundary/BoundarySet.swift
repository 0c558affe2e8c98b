import KubernetesModel
package import LanyardAPI

extension IdentityBoundary: SelfContainedKind {
    package func violations(settings: PlanningSettings) -> SpecViolations? {
        BoundarySet.violations(of: self, settings: settings)
    }
}

/// All boundaries of a cluster, parsed.
package struct BoundarySet: Sendable {
    private enum Entry: Sendable {
        case usable(IdentityBoundarySpec.Namespaces?, BoundaryGrant)
        /// It is wrong; nil when not even its namespaces are known.
        case broken(name: String, IdentityBoundarySpec.Namespaces?)
    }

    private let entries: [Entry]
    private let builtIn: [BoundaryGrant]
    private let settings: PlanningSettings

    /// Parses boundaries; those that are being deleted still count until they are gone.
    ///
    /// - Parameter undecodable: names of boundaries that cannot be read at all.
    package init(_ boundaries: [IdentityBoundary], undecodable: [String] = [], settings: PlanningSettings) {
        self.settings = settings
        entries =
            boundaries.sorted { $0.metadata.name < $1.metadata.name }
            .filter { !undecodable.contains($0.metadata.name) }
            .map { boundary in
                let namespaces = boundary.spec.namespaces
                var reading = BoundaryReading(settings: settings)
                let name = "IdentityBoundary \(boundary.metadata.name)"
                let grant = BoundaryGrant(boundary.spec, boundary: name, reading: &reading)
                guard !reading.check.violations.isEmpty else { return .usable(namespaces, grant) }
                let selectionIsWrong = reading.check.violations.contains { $0.field.hasPrefix("spec.namespaces") }
                return .broken(name: name, selectionIsWrong ? nil : namespaces)
            } + undecodable.sorted().map { .broken(name: "IdentityBoundary \($0)", nil) }
        var reading = BoundaryReading(settings: settings)
        builtIn = [
            BoundaryGrant(.builtIn(settings: settings), boundary: "the built-in default", reading: &reading)
        ]
    }

    /// What is wrong with a boundary itself; nil when nothing is.
    package static func violations(of boundary: IdentityBoundary, settings: PlanningSettings) -> SpecViolations? {
        var reading = BoundaryReading(settings: settings)
        _ = BoundaryGrant(boundary.spec, boundary: "", reading: &reading)
        return SpecViolations(reading.check.violations)
    }

    /// What holds in a namespace: all boundaries that match it together, or the built-in default when none does.
    ///
    /// - Parameters:
    ///   - labels: the namespace's; nil while they are not known.
    ///   - room: how many patterns may be prepared; the verdicts are the same.
    package func effective(
        inNamespace namespace: String, labels: [String: String]?, preparing room: Int = .max
    ) -> EffectiveBoundary {
        var grants: [BoundaryGrant] = []
        var undecided: [String] = []
        for entry in entries {
            switch entry {
            case .usable(let namespaces, let grant):
                switch NamespaceMatch(namespaces, namespace: namespace, labels: labels) {
                case .matches: grants.append(grant)
                case .differs: break
                case .depends: undecided.append("\(grant.boundary), as the namespace's labels are not known")
                }
            case .broken(let name, let namespaces):
                let match = namespaces.map { NamespaceMatch($0, namespace: namespace, labels: labels) }
                if match != .differs { undecided.append("\(name), which is invalid") }
            }
        }
        if grants.isEmpty, undecided.isEmpty { grants = builtIn }
        return EffectiveBoundary(
            grants: grants, undecided: undecided, namespace: namespace, settings: settings, preparing: room)
    }
}

extension IdentityBoundarySpec {
    /// What a namespace may ask for that no boundary is about: its own identities, names and secrets (rule bound-1).
    static func builtIn(settings: PlanningSettings) -> IdentityBoundarySpec {
        var spec = IdentityBoundarySpec()
        var identity = Identity()
        identity.spiffeIDs = ["/ns/{namespace}/*"]
        // What identities get that say nothing is the platform's own choice.
        if (try? BoundaryTemplate(settings.spiffeIDTemplate)) != nil {
            identity.spiffeIDs?.append(settings.spiffeIDTemplate)
        }
        spec.identity = identity
        var vault = Vault()
        vault.names = ["lanyard.{cluster}.{namespace}.*"]
        let kv = settings.mounts.kv
        vault.paths = [
            Path(path: "\(kv)/data/{namespace}/*", capabilities: ["create", "read", "update", "patch", "delete"]),
            Path(
                path: "\(kv)/metadata/{namespace}/*",
                capabilities: ["create", "read", "update", "patch", "delete", "list"]),
        ]
        spec.vault = vault
        return spec
    }
}
