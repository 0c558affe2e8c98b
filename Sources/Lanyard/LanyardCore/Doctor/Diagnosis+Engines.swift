import LanyardAPI

extension Diagnosis {
    /// What bindings give access to, as far as it was seen.
    var engines: [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for need in policy.needs {
            guard let trouble = AccessOutlook.trouble(with: need, facts.vault.sights) else { continue }
            findings.append(
                .init(
                    .vault, "engine \(need.mount)", .problem, "\(trouble.text), and a binding gives access to it",
                    remedy: "mount or make it, or correct spec.access of the bindings that name it"))
        }
        let mounts = Set(policy.needs.map(\.mount)).count
        if findings.isEmpty, mounts > 0, facts.vault.sights.engines != nil {
            findings.append(.init(.vault, "engines", .ok, "all \(mounts) that bindings give access to"))
        }
        return findings
    }

    /// What is said of a mount of the right type: whether anybody can log in, if it is an auth method.
    func finding(_ subject: String, at mount: OperatorPolicy.Mount, ofType type: String) -> DoctorFinding {
        guard facts.vault.sights.existing["\(mount.path)/config"] == false, mount.path.hasPrefix("auth/") else {
            return .init(.vault, subject, .ok, "is there, of type \(type)")
        }
        return .init(
            .vault, subject, mount.isInUse ? .problem : .note, "has no configuration: nobody can log in there",
            remedy: mount.isInUse ? "configure it, or declare it as a VaultMount" : nil)
    }

    /// What the doctor looks at to judge what bindings take for granted, as far as it may.
    package static func sightPaths(of policy: OperatorPolicy) -> [String] {
        let configurations = policy.mounts.filter { $0.path.hasPrefix("auth/") }.map { "\($0.path)/config" }
        let engines = policy.needs.isEmpty ? [] : [AccessSights.listingPath] + policy.needs.compactMap(\.path)
        return engines + configurations
    }
}
