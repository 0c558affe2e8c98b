import LanyardAPI

extension Diagnosis {
    private static let policyRemedy = "give it this policy and no other: \(OperatorRemedy.policy)"

    var vault: [DoctorFinding] {
        guard facts.vault.health.value != nil else {
            return [
                .init(
                    .vault, "server", .problem, "does not serve: \(facts.vault.health.reason)",
                    remedy: "look at vault.address, and whether it is sealed")
            ]
        }
        guard case .seen(let policies) = facts.vault.policies else {
            return [
                .init(.vault, "server", .ok, "serves"),
                .init(
                    .vault, "login", .problem, "fails: \(facts.vault.policies.reason)",
                    remedy: "look at vault.auth, the role there, and the operator's own token"),
            ]
        }
        var findings: [DoctorFinding] = [
            .init(.vault, "server", .ok, "serves"),
            .init(.vault, "login", .ok, "succeeds with the policies \(policies.joined(separator: ", "))"),
        ]
        if policies.contains("root") {
            // Nothing else can be said of a token that may do anything.
            findings.append(
                .init(.vault, "token", .problem, "is a root token: it may do anything", remedy: Self.policyRemedy))
            return findings + mounts + connections + engines
        }
        if policies.contains("default") {
            findings.append(
                .init(
                    .vault, "token", .note,
                    "has the policy default as well; token_no_default_policy=true at the role leaves it out"))
        }
        return findings + mounts + connections + engines + leftovers + missing + excess(policies)
    }

    // MARK: - Mounts

    private var mounts: [DoctorFinding] {
        guard case .seen(let mounted) = facts.vault.mounts else {
            guard case .failed(let reason) = facts.vault.mounts else { return [] }
            return [.init(.vault, "mounts", .unknown, "cannot be listed: \(reason)")]
        }
        return policy.mounts.compactMap { mount in
            let subject = "mount \(mount.path)"
            if let type = mounted[mount.path] {
                if mount.types.contains(type) { return finding(subject, at: mount, ofType: type) }
                return .init(
                    .vault, subject, .problem, "is of type \(type), not \(mount.types.joined(separator: " or "))",
                    remedy: "correct vault.mounts, or the boundary that names it")
            }
            // What a token has no right at, it is not shown: then the right is what is missing.
            guard hasRights(below: mount.path) else { return nil }
            return .init(
                .vault, subject, mount.isInUse ? .problem : .note,
                "nothing is mounted there" + (mount.isInUse ? "" : "; no binding and no boundary uses it"),
                remedy: mount.isInUse ? "mount \(mount.types.first ?? "") there, or correct vault.mounts" : nil)
        }
    }

    private func hasRights(below mount: String) -> Bool {
        guard case .seen(let capabilities) = facts.vault.capabilities else { return false }
        return policy.document.rules.contains { rule in
            let granted = Set(capabilities[PolicyCoverage.samplePath(of: rule.path)] ?? [])
            return rule.path.hasPrefix("\(mount)/") && granted.contains { $0 != "deny" }
        }
    }

    private var connections: [DoctorFinding] {
        facts.vault.connections.sorted { $0.key < $1.key }.compactMap { path, state in
            switch state {
            case .seen(true): .init(.vault, "connection \(path)", .ok, "is there")
            case .seen(false):
                .init(
                    .vault, "connection \(path)", .problem, "is not there, and a boundary names it",
                    remedy: "configure the connection, or correct the boundary")
            case .failed(let reason): .init(.vault, "connection \(path)", .unknown, "cannot be read: \(reason)")
            case .skipped: nil
            }
        }
    }

    // MARK: - Capabilities

    private var missing: [DoctorFinding] {
        guard case .seen(let capabilities) = facts.vault.capabilities else {
            guard case .failed(let reason) = facts.vault.capabilities else { return [] }
            return [
                .init(
                    .vault, "capabilities", .problem, "cannot be asked for: \(reason)",
                    remedy: Self.policyRemedy)
            ]
        }
        let lacking = policy.document.rules.compactMap { rule -> DoctorFinding? in
            let granted = Set(capabilities[PolicyCoverage.samplePath(of: rule.path)] ?? [])
            let missing = rule.capabilities.names.filter { !granted.contains($0) }
            guard !missing.isEmpty else { return nil }
            return .init(
                .vault, "capabilities", .problem, "lacks [\(missing.joined(separator: ", "))] on \(rule.path)",
                remedy: Self.policyRemedy)
        }
        guard lacking.isEmpty else { return lacking }
        return [.init(.vault, "capabilities", .ok, "all that is needed, on \(policy.document.rules.count) paths")]
    }

    // MARK: - Excess

    private func excess(_ policies: [String]) -> [DoctorFinding] {
        // To read what one may do is no more than one may do.
        let allowed = PolicyDocument(
            merging: policy.document.rules + Self.listingRules(of: policy)
                + policies.map { PolicyRule(path: "sys/policies/acl/\($0)", capabilities: [.read]) })
        var findings: [DoctorFinding] = []
        var unread: [String] = []
        for name in policies where name != "default" {
            switch facts.vault.policyTexts[name] {
            case .seen(let text): findings += excess(ofPolicy: name, text, beyond: allowed)
            case .failed, .skipped, nil: unread.append(name)
            }
        }
        // What the texts say need not be said again.
        if findings.isEmpty { findings = excessAtForeignPaths(beyond: allowed) }
        if findings.isEmpty {
            findings.append(
                .init(
                    .vault, "excess", .ok,
                    unread.isEmpty ? "the policies say exactly what is needed" : "nothing beyond was found"))
        }
        if !unread.isEmpty {
            findings.append(
                .init(
                    .vault, "policy text", .note,
                    "the token may not read \(unread.joined(separator: ", ")): what they grant beyond was looked for at "
                        + "\(foreignPaths.count) paths only; lanyard vault-policy --policy-name NAME adds the right"))
        }
        return findings
    }

    private func excess(ofPolicy name: String, _ text: String, beyond allowed: PolicyDocument) -> [DoctorFinding] {
        let granted: PolicyDocument
        do throws(PolicyParseError) {
            granted = try PolicyDocument(parsing: text)
        } catch {
            return [
                .init(
                    .vault, "excess", .problem, "policy \(name) is not understood, so what it grants is not known",
                    remedy: Self.policyRemedy)
            ]
        }
        // The operator does without, and reads no more by it.
        let isNarrow = PolicyListingRight.isNarrow(in: granted)
        let allowed = isNarrow ? PolicyDocument(merging: allowed.rules + [PolicyListingRight.rule]) : allowed
        return PolicyCoverage.surplus(of: granted, beyond: allowed).map { surplus in
            .init(
                .vault, "excess", .problem,
                "policy \(name) grants [\(surplus.capabilities.names.joined(separator: ", "))] on "
                    + "\(Excerpt.quoting(surplus.path)), which the operator does not need",
                remedy: Self.policyRemedy)
        }
    }

    private func excessAtForeignPaths(beyond allowed: PolicyDocument) -> [DoctorFinding] {
        guard case .seen(let capabilities) = facts.vault.capabilities else { return [] }
        return foreignPaths.compactMap { path in
            let business = PolicyCoverage.capabilities(of: allowed, at: path).names
            let granted = (capabilities[path] ?? []).filter { $0 != "deny" && !business.contains($0) }
            guard !granted.isEmpty else { return nil }
            return .init(
                .vault, "excess", .problem,
                "the token may [\(granted.sorted().joined(separator: ", "))] \(path), where the operator has no business",
                remedy: Self.policyRemedy)
        }
    }

    /// Where the token should be able to do nothing but what its policy says.
    private var foreignPaths: [String] {
        PolicyCoverage.foreignPaths(
            policies: facts.vault.policies.value ?? [], role: login.rolePath, mounts: settings.mounts)
    }

    /// Every path about whose capabilities the server has to be asked.
    package static func questions(
        policy: OperatorPolicy, policies: [String], login: Login, mounts: MountNames
    ) -> [String] {
        let needed =
            policy.document.rules.map { PolicyCoverage.samplePath(of: $0.path) } + policy.needs.compactMap(\.path)
        let foreign = PolicyCoverage.foreignPaths(policies: policies, role: login.rolePath, mounts: mounts)
        return Set(needed + foreign).sorted()
    }
}
