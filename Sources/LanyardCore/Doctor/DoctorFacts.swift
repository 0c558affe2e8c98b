/// What `lanyard doctor` saw of the systems, without judgement and without secrets.
package struct DoctorFacts: Equatable, Sendable {
    /// The API server.
    package struct Cluster: Equatable, Sendable {
        /// The server's version.
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

    /// The SPIRE server.
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

    /// The API server.
    package var cluster = Cluster()
    /// The SPIRE server.
    package var spire = SPIRE()
    /// Vault.
    package var vault = Vault()

    /// Nothing was looked at yet.
    package init() {}
}
