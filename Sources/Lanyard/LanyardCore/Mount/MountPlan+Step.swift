package import KubernetesModel

extension MountPlan {
    /// One thing that shall be as declared.
    package struct Step: Equatable, Sendable {
        package let kind: MountObjectKind
        /// The path that is claimed.
        package let path: String
        /// The object, for messages: `connection temporal-postgres`.
        package let title: String
        package let decision: ObjectDecision
        /// What is sent, if something is.
        package let write: Write?
        /// The digest of the source, to be stored together with a claim that this step makes.
        package let claimDigest: String?
        /// The digest of the source, to be stored in the claim once the step came out right; nil: what is there stays.
        package let recordedDigest: String?
        /// The accessor of a mount that an earlier pass made without recording it, to be stored in the claim before
        /// anything is written.
        package var madeAccessor: String?
    }

    /// What is sent to Vault.
    package enum Write: Equatable, Sendable {
        /// A mount is enabled, with a mark for a description. Then the listing tells its accessor, which is recorded in
        /// the claim, and only then the mount gets its settings: one with the mark is known to have been made here.
        case enable(path: String, body: JSONValue, tunePath: String, settings: JSONValue)
        /// The settings of a mount are written.
        case tune(path: String, body: JSONValue)
        /// An object is written.
        ///
        /// - Parameter secrets: members that are added to the body just before it is sent.
        case object(path: String, body: JSONValue, secrets: [String: SecretKey])
        /// A certificate authority is made.
        case authority(CertificateAuthority.Request)
    }
}

extension MountPlan.Step {
    /// Whether nothing can be put below it now.
    var isHindered: Bool {
        switch decision {
        case .blocked, .act(.conflict), .act(.needsRecreate): true
        case .act(.reportDrift(_, let differences)): differences.isEmpty
        case .act: false
        }
    }

    /// All that has to be in the ledger before this step; nothing if the step touches nothing.
    package var claims: [String] { decision.needsClaim ? [path] : [] }
}
