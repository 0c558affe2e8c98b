import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

extension VaultMount {
    /// PEM that looks like a certificate.
    static let certificate = "-----BEGIN CERTIFICATE-----\nMAAwAA==\n-----END CERTIFICATE-----\n"

    static func sample(
        _ type: VaultMountType, name: String = "web", _ change: (inout VaultMountSpec) -> Void = { _ in }
    ) -> VaultMount {
        var spec = VaultMountSpec(type: type)
        switch type {
        case .kubernetes: spec.kubernetes = KubernetesMount(host: "https://kubernetes.default.svc")
        case .jwt:
            var jwt = JWTMount()
            jwt.trust = .spire
            spec.jwt = jwt
        case .database: spec.database = DatabaseMount(connections: [.sample])
        case .pki:
            spec.tune = MountTuning(maxLeaseTTL: "87600h")
            spec.pki = PKIMount(
                root: .init(commonName: "Neural Hive CA", ttl: "87600h"),
                urls: .init(issuingCertificates: ["https://vault.example/ca"]), roles: [.sample])
        case .kv: break
        }
        change(&spec)
        return VaultMount(metadata: ObjectMeta(name: name), spec: spec)
    }
}

extension DatabaseMount.Connection {
    static var sample: DatabaseMount.Connection {
        var connection = DatabaseMount.Connection(
            name: "orders", connectionURL: "postgresql://{{username}}:{{password}}@db/orders",
            credentialsSecretRef: .init(name: "orders-db"))
        connection.allowedRoles = ["web", "lanyard.*"]
        return connection
    }
}

extension PKIRoleSpec {
    static var sample: PKIRoleSpec {
        var role = PKIRoleSpec(name: "neural-hive-services")
        role.allowedDomains = ["svc.cluster.local"]
        role.allowSubdomains = true
        role.ttl = "168h"
        role.maxTTL = "720h"
        return role
    }
}

extension TrustKey {
    /// An EC key, told from others by its last byte.
    static func sample(_ number: UInt8 = 0) -> TrustKey {
        let algorithm: [UInt8] = [
            0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
            0x03, 0x01, 0x07,
        ]
        let point: [UInt8] = [0x03, 0x42, 0x00, 0x04] + [UInt8](repeating: 7, count: 63) + [number]
        return TrustKey(
            keyID: "key-\(number)", publicKey: [0x30, UInt8(algorithm.count + point.count)] + algorithm + point)
    }
}

/// A server that holds what it was sent, as far as a mount is concerned, and the ledger of one VaultMount.
struct MountWorld {
    static let ownerUID = "uid-1"
    var listing: [String: JSONValue] = [:]
    var stored: [String: JSONValue] = [:]
    var secrets: [SecretKey: SecretFact] = [
        .username: .found(digest: "u1", text: "vault"), .password: .found(digest: "p1", text: nil),
    ]
    var trust = TrustFact.found([.sample()])
    var claims: [String: OwnershipRecord.Claim] = [:]
    var wasConverged = false

    /// What a gatherer would find.
    func facts(for mount: DesiredMount) -> MountPlan.Facts {
        var facts = MountPlan.Facts(
            listing: .found(.object(listing)), secrets: secrets.filter { mount.secretKeys.contains($0.key) },
            trust: mount.needsTrustKeys ? trust : nil, held: claims.values.sorted { $0.path < $1.path },
            ownerUID: Self.ownerUID, wasConverged: wasConverged)
        if listing[mount.location.listingKey] != nil {
            for path in mount.readPaths { facts.lookups[path] = .found(stored[path]) }
            while let path = mount.followingReadPath(after: facts.lookups) {
                facts.lookups[path] = .found(stored[path])
            }
        }
        for path in mount.claimPaths where claims[path] != nil { facts.claims[path] = .mine }
        return facts
    }

    /// What would be done now.
    func plan(_ mount: VaultMount) throws -> MountPlan {
        let desired = try MountPlanner.desired(for: mount, held: Array(claims.values)).get()
        return MountPlan.make(for: desired, facts: facts(for: desired))
    }

    /// Carries out a plan as an applier does.
    ///
    /// - Returns: what was sent, by path, with the names of the secrets that were added.
    @discardableResult
    mutating func apply(_ plan: MountPlan) -> [(path: String, secrets: [String])] {
        var sent: [(path: String, secrets: [String])] = []
        for step in plan.steps {
            for path in step.claims where claims[path] == nil {
                claims[path] = .init(path: path, claimedAt: "", sourceDigest: step.claimDigest)
            }
            switch step.write {
            case nil: break
            case .enable(let path, let body, _, let settings):
                sent.append((path, []))
                let key = path.split(separator: "/").dropFirst(2).joined(separator: "/") + "/"
                var entry = body
                entry["accessor"] = .string("accessor-\(key)")
                entry["description"] = settings["description"]
                listing[key] = entry
                claims[path]?.accessor = "accessor-\(key)"
                seed(path, type: body["type"]?.string)
            case .tune(let path, let body):
                sent.append((path, []))
                for key in listing.keys where path.hasSuffix("/\(key)tune") {
                    listing[key]?["description"] = body["description"]
                    listing[key]?["config"] = body
                }
            case .object(let path, let body, let secrets):
                sent.append((path, secrets.keys.sorted()))
                store(body, at: path)
            case .authority(.root(let path, let body, _)):
                sent.append((path, []))
                install(body["issuer_name"], below: path)
            case .authority(.intermediate(let making)):
                sent += [making.requestPath, making.signingPath, making.installationPath, making.namingPath]
                    .map { ($0, []) }
                install(making.namingBody["issuer_name"], below: making.requestPath)
            }
            if let digest = step.recordedDigest { claims[step.path]?.sourceDigest = digest }
        }
        for path in plan.stale + plan.releasable { claims[path] = nil }
        for path in plan.stale { stored[path] = nil }
        return sent
    }

    /// Carries out plans until nothing is written any more.
    mutating func converge(_ mount: VaultMount) throws {
        for _ in 0..<3 {
            let next = try plan(mount)
            guard next.writes else { break }
            apply(next)
        }
        #expect(try !plan(mount).writes)
        wasConverged = true
    }

    private mutating func seed(_ path: String, type: String?) {
        guard type == "pki" else { return }
        let mount = path.dropFirst("sys/mounts/".count)
        stored["\(mount)/config/urls"] = [
            "issuing_certificates": [], "crl_distribution_points": [], "ocsp_servers": [],
        ]
        stored["\(mount)/config/issuers"] = ["default": ""]
        stored["\(mount)/config/keys"] = ["default": ""]
    }

    private mutating func install(_ name: JSONValue?, below path: String) {
        let mount = path.prefix { $0 != "/" }
        stored["\(mount)/config/issuers"] = ["default": "issuer-1"]
        stored["\(mount)/config/keys"] = ["default": "key-1"]
        stored["\(mount)/issuer/default"] = ["issuer_name": name ?? "", "key_id": "key-1"]
        stored["\(mount)/key/key-1"] = ["key_name": name ?? ""]
    }

    /// As servers read back what they were sent: a connection's settings have a place of their own.
    private mutating func store(_ body: JSONValue, at path: String) {
        guard body["plugin_name"] != nil, var details = body.object else {
            stored[path] = body
            if body["kubernetes_host"] != nil {
                stored[path]?["token_reviewer_jwt_set"] = .bool(body["token_reviewer_jwt"] == nil)
            }
            return
        }
        var connection: [String: JSONValue] = [:]
        for field in ["plugin_name", "allowed_roles", "password_policy"] {
            connection[field] = details.removeValue(forKey: field)
        }
        connection["root_credentials_rotate_statements"] = details.removeValue(forKey: "root_rotation_statements")
        connection["connection_details"] = .object(details)
        stored[path] = .object(connection)
    }
}

extension SecretKey {
    static let username = SecretKey(secret: "orders-db", key: "username", isConfidential: false)
    static let password = SecretKey(secret: "orders-db", key: "password")
    static let token = SecretKey(secret: "reviewer", key: "token")
}

extension MountPlan {
    /// What is decided about a path.
    func action(_ path: String) -> VaultObjectAction? {
        guard case .act(let action) = steps.first(where: { $0.path == path })?.decision else { return nil }
        return action
    }

    /// Why nothing can be done about a path.
    func obstacle(_ path: String) -> ConditionOutcome? {
        guard case .blocked(let outcome) = steps.first(where: { $0.path == path })?.decision else { return nil }
        return outcome
    }

    /// Paths that something is sent for.
    var written: [String] { steps.filter { $0.write != nil }.map(\.path) }
}
