import KubernetesModel
package import LanyardAPI

/// What the operator itself needs in Vault to keep mounts.
///
/// To enable or disable an auth method, the server demands sudo of whoever asks; nothing else here needs it.
package enum MountPolicy {
    /// The rules for these VaultMounts, and for no others. One whose spec is not valid needs nothing.
    package static func rules(for mounts: [VaultMount]) -> [PolicyRule] {
        mounts.sorted { $0.metadata.name < $1.metadata.name }.flatMap { mount -> [PolicyRule] in
            guard let desired = try? MountPlanner.desired(for: mount, held: []).get() else { return [] }
            return rules(for: desired)
        }
    }

    private static func rules(for mount: DesiredMount) -> [PolicyRule] {
        let location = mount.location
        // Whether a path takes create or update depends on the endpoint, and for some on the server's release.
        let write: Set<Capability> = [.create, .update]
        let keep = write.union([.read])
        var existence = write
        if mount.deletionPolicy == .delete { existence.insert(.delete) }
        if location.isAuthMethod { existence.insert(.sudo) }
        var rules = [
            PolicyRule(path: location.listingPath, capabilities: [.read]),
            PolicyRule(path: location.claimPath, capabilities: existence),
            PolicyRule(path: location.tunePath, capabilities: write),
        ]
        switch mount.settings.type {
        case .kubernetes, .jwt:
            rules.append(PolicyRule(path: "\(location.mountPath)/config", capabilities: keep))
        case .database:
            // Any connection: one that is declared no more is deleted under its old name.
            rules.append(PolicyRule(path: "\(location.mountPath)/config/+", capabilities: keep.union([.delete])))
        case .pki:
            rules.append(PolicyRule(path: "\(location.mountPath)/roles/+", capabilities: keep.union([.delete])))
            rules.append(PolicyRule(path: "\(location.mountPath)/config/urls", capabilities: keep))
        case .kv:
            break
        }
        if let authority = mount.authority { rules += self.rules(for: authority, write: write) }
        return rules
    }

    private static func rules(for authority: CertificateAuthority, write: Set<Capability>) -> [PolicyRule] {
        var rules = [PolicyRule(path: authority.keysPath, capabilities: [.read])]
        var issuers: Set<Capability> = [.read]
        rules.append(PolicyRule(path: authority.issuerPath, capabilities: write.union([.read])))
        if authority.signer != nil { rules.append(PolicyRule(path: authority.keyPath("+"), capabilities: [.read])) }
        for hasKey in [false, true] {
            switch authority.request(hasKey: hasKey) {
            case .root(let path, _, let recovery):
                // The last way of recovery writes what tells whether there is an authority.
                rules += ([path] + recovery.map(\.path)).filter { $0 != authority.claimPath }
                    .map { PolicyRule(path: $0, capabilities: write) }
                issuers.formUnion(write)
            case .intermediate(let steps):
                rules += [steps.requestPath, steps.signingPath, steps.installationPath].map {
                    PolicyRule(path: $0, capabilities: write)
                }
            }
        }
        rules.append(PolicyRule(path: authority.claimPath, capabilities: issuers))
        return rules
    }
}
