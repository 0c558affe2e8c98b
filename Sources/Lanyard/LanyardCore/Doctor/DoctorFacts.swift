/// What `lanyard doctor` saw of the systems, without judgement and without secrets.
package struct DoctorFacts: Equatable, Sendable {
    /// What was seen of the API server.
    package struct Cluster: Equatable, Sendable {
        /// As the server names it: `v1.31.2`.
        package var version: Observation<String> = .skipped
        /// Plural names that are served in `lanyard.dev/v1alpha1`.
        package var servedKinds: Observation<Set<String>> = .skipped
        /// Whether the operator may do what it does.
        package var permissions: [OperatorPermission: Observation<Bool>] = [:]
        /// What is wrong with each boundary: nil when nothing is. Not seen, when not all resources could be read.
        package var boundaries: Observation<[String: String?]> = .skipped
        /// Who may have names in Vault; looked at after what has names there.
        package var nameOwners: Observation<NameOwners> = .skipped

        /// Nothing was looked at yet.
        package init() {}
    }

    /// What was seen of the SPIRE server.
    package struct SPIRE: Equatable, Sendable {
        /// The trust domain of its bundle.
        package var trustDomain: Observation<String> = .skipped
        /// How many agents the node alias stands for.
        package var agents: Observation<Int> = .skipped

        /// Nothing was looked at yet.
        package init() {}
    }

    /// Vault or OpenBao, as the operator's own login sees it.
    package struct Vault: Equatable, Sendable {
        /// Whether it is unsealed and answers.
        package var health: Observation<Bool> = .skipped
        /// Names of the policies of the operator's token, sorted.
        package var policies: Observation<[String]> = .skipped
        /// Capabilities by path, as the server itself works them out.
        package var capabilities: Observation<[String: [String]]> = .skipped
        /// The texts of the token's policies, as far as it may read them.
        package var policyTexts: [String: Observation<String>] = [:]
        /// Types of what is mounted and can be seen by this token: `auth/kubernetes` → `kubernetes`.
        package var mounts: Observation<[String: String]> = .skipped
        /// Whether each database connection exists, by API path.
        package var connections: [String: Observation<Bool>] = [:]
        /// The names of objects by where they are listed.
        package var listings: [String: Observation<[String]>] = [:]
        /// What was seen of what bindings take for granted, and of the configuration of auth methods.
        package var sights = AccessSights()

        /// Nothing was looked at yet.
        package init() {}
    }

    /// All of it skipped, until it was looked at.
    package var cluster = Cluster()
    /// All of it skipped, until it was looked at.
    package var spire = SPIRE()
    /// All of it skipped, until it was looked at.
    package var vault = Vault()

    /// Nothing was looked at yet.
    package init() {}
}

/// What came of looking at something. A failure is never taken for absence.
package enum Observation<Value: Equatable & Sendable>: Equatable, Sendable {
    case seen(Value)
    /// Why it could not be seen, fit for people.
    case failed(String)
    /// It was not looked at, because what it depends on failed.
    case skipped

    /// What was seen; nil for a failure, and for what was not looked at.
    package var value: Value? {
        guard case .seen(let value) = self else { return nil }
        return value
    }
}
