package import KubernetesModel

/// The ledger's record of what Lanyard owns in Vault for one owner (rule own-4). Lives in the operator's namespace.
package struct OwnershipRecord: KubernetesResource {
    package static let descriptor = ResourceDescriptor(
        group: LanyardGroup.name, version: LanyardGroup.version, kind: "OwnershipRecord",
        plural: "ownershiprecords", isNamespaced: true)

    package var metadata: ObjectMeta
    package var spec: Spec

    /// A record as it is stored.
    package init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    /// Who owns which paths in Vault.
    package struct Spec: Codable, Equatable, Sendable {
        package var owner: Owner
        package var claims: [Claim]
        /// Digest of the desired state that everything was last seen in, or brought to. Absent while something else is
        /// being written: then no difference is a change by hand.
        package var convergedDigest: String?
        /// UID of the owner's namespace when the paths were claimed; absent for an owner without one.
        package var namespaceUID: String?
        /// Names that were given up, and are not for other namespaces yet.
        package var tombstones: [Tombstone]?

        /// Makes the contents of a record.
        package init(
            owner: Owner, claims: [Claim], convergedDigest: String? = nil, namespaceUID: String? = nil,
            tombstones: [Tombstone]? = nil
        ) {
            self.owner = owner
            self.claims = claims
            self.convergedDigest = convergedDigest
            self.namespaceUID = namespaceUID
            self.tombstones = tombstones
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            owner = try container.decode(Owner.self, forKey: .owner)
            claims = try container.decodeIfPresent([Claim].self, forKey: .claims) ?? []
            convergedDigest = try container.decodeIfPresent(String.self, forKey: .convergedDigest)
            namespaceUID = try container.decodeIfPresent(String.self, forKey: .namespaceUID)
            tombstones = try container.decodeIfPresent([Tombstone].self, forKey: .tombstones)
        }
    }

    /// The object that owns the paths.
    package struct Owner: Codable, Hashable, Sendable {
        package var kind: String
        /// Empty for a cluster-scoped owner.
        package var namespace: String
        package var name: String
        package var uid: String

        /// The very object: one that has the name later has another UID.
        package init(kind: String, namespace: String, name: String, uid: String) {
            self.kind = kind
            self.namespace = namespace
            self.name = name
            self.uid = uid
        }

        private enum CodingKeys: CodingKey {
            case kind, namespace, name, uid
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            kind = try container.decode(String.self, forKey: .kind)
            namespace = try container.decodeIfPresent(String.self, forKey: .namespace) ?? ""
            name = try container.decode(String.self, forKey: .name)
            uid = try container.decode(String.self, forKey: .uid)
        }

        /// No namespace is left out: API servers of 1.20 take an applied empty string for null.
        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(kind, forKey: .kind)
            if !namespace.isEmpty { try container.encode(namespace, forKey: .namespace) }
            try container.encode(name, forKey: .name)
            try container.encode(uid, forKey: .uid)
        }
    }

    /// One claimed API path.
    package struct Claim: Codable, Hashable, Sendable {
        /// API path without `/v1/`, such as `auth/kubernetes/role/web`.
        package var path: String
        /// RFC 3339 time of the claim.
        package var claimedAt: String
        /// What happens to the object when its owner does not want it any more: `Orphan` leaves it behind; absent, it is
        /// deleted. The owner's spec does not say it any more by then.
        package var deletionPolicy: DeletionPolicy?
        /// Keyed digest of the secret that was written to the path, or digest of another source; absent where nothing
        /// comes from elsewhere.
        package var sourceDigest: String?
        /// Accessor of the mount that was made under this claim. Absent for one that was found there: that one is never
        /// disabled.
        package var accessor: String?
        /// Of a policy: the longest life in seconds of tokens that have it, since it was claimed; 0 when they are renewed for
        /// ever. Absent where it is not known.
        package var tokenSeconds: Int?

        /// Claims a path.
        package init(
            path: String, claimedAt: String, deletionPolicy: DeletionPolicy? = nil, sourceDigest: String? = nil,
            accessor: String? = nil, tokenSeconds: Int? = nil
        ) {
            self.tokenSeconds = tokenSeconds
            self.path = path
            self.claimedAt = claimedAt
            self.deletionPolicy = deletionPolicy
            self.sourceDigest = sourceDigest
            self.accessor = accessor
        }
    }
}

extension OwnershipRecord {
    /// The name of a policy whose owner has given it up, while tokens that have it may live: who writes a policy of that name
    /// gives them its rights.
    package struct Tombstone: Codable, Hashable, Sendable {
        /// How many names are kept of a namespace, those of policies that one binding has included; less than the schema lets
        /// one record have.
        package static let limit = 256

        /// API path of the policy.
        package var path: String
        /// UID of the namespace that had it, and may have it again at once; absent where it was not known.
        package var namespaceUID: String?
        /// RFC 3339 time at which the last token has ended; absent when they do not end by themselves.
        package var until: String?

        /// Marks a name.
        package init(path: String, namespaceUID: String? = nil, until: String? = nil) {
            self.path = path
            self.namespaceUID = namespaceUID
            self.until = until
        }
    }
}
