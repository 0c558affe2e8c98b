import KubernetesModel
import LanyardAPI

extension VaultMount: PublishedResource {
    static let shortName = "vmt"
    static let columns: [String] = [
        "Path string .status.path", "Type string .spec.type", "Accessor string .status.accessor wide",
    ]
    static let choices: Set<String> = ["spec.type", "spec.jwt.trust", "spec.driftPolicy", "spec.deletionPolicy"]
    static let durations: Set<String> = [
        "spec.tune.defaultLeaseTTL", "spec.tune.maxLeaseTTL", "spec.database.connections[].maxConnectionLifetime",
        "spec.pki.root.ttl", "spec.pki.intermediate.ttl", "spec.pki.roles[].ttl", "spec.pki.roles[].maxTTL",
    ]

    static var populated: VaultMount {
        var mount = VaultMount(metadata: ObjectMeta(name: "pki"), spec: VaultMountSpec(type: .pki))
        mount.spec.path = "pki"
        mount.spec.description = "certificates"
        mount.spec.tune = MountTuning(
            defaultLeaseTTL: "1h", maxLeaseTTL: "87600h", listingVisibility: "hidden",
            auditNonHMACRequestKeys: ["common_name"], auditNonHMACResponseKeys: ["serial_number"])
        mount.spec.kubernetes = KubernetesMount(
            host: "https://kubernetes.default.svc", caCertificate: "-----BEGIN CERTIFICATE-----",
            reviewerTokenSecretRef: .init(name: "reviewer", key: "token"), disableLocalCAJWT: true)
        var jwt = JWTMount()
        jwt.trust = .spire
        jwt.jwksURL = "https://a.example/keys"
        jwt.discoveryURL = "https://a.example"
        jwt.caCertificate = "-----BEGIN CERTIFICATE-----"
        jwt.boundIssuer = "https://a.example"
        mount.spec.jwt = jwt
        mount.spec.database = DatabaseMount(connections: [.populated])
        mount.spec.pki = .populated
        mount.spec.kv = KVMount(version: 2)
        mount.spec.driftPolicy = .report
        mount.spec.deletionPolicy = .delete
        var status = VaultMountStatus()
        status.observedGeneration = 1
        status.path = "pki"
        status.accessor = "pki_1"
        status.objects = ["pki/roles/web"]
        status.conditions = .populated
        mount.status = status
        return mount
    }
}

extension DatabaseMount.Connection {
    fileprivate static var populated: DatabaseMount.Connection {
        var connection = DatabaseMount.Connection(
            name: "orders", connectionURL: "postgresql://{{username}}:{{password}}@db/orders",
            credentialsSecretRef: .init(name: "orders", usernameKey: "username", passwordKey: "password"))
        connection.plugin = "postgresql-database-plugin"
        connection.allowedRoles = ["web"]
        connection.rootRotationStatements = ["a"]
        connection.passwordPolicy = "long"
        connection.usernameTemplate = "v-{{random 20}}"
        connection.maxOpenConnections = 4
        connection.maxIdleConnections = 2
        connection.maxConnectionLifetime = "1h"
        connection.passwordAuthentication = "scram-sha-256"
        connection.host = "db"
        connection.port = 5432
        connection.hosts = ["db"]
        connection.url = "https://db.example"
        connection.tls = true
        connection.disableEscaping = true
        connection.settings = ["tls_server_name": "db"]
        connection.secretSettings = [.init(name: "pem_bundle", secretRef: .init(name: "orders", key: "bundle"))]
        return connection
    }
}

extension PKIMount {
    fileprivate static var populated: PKIMount {
        PKIMount(
            root: .init(commonName: "Root", organization: "Shop", ttl: "87600h", keyType: "ec", keyBits: 256),
            intermediate: .init(
                signedBy: "root", commonName: "Intermediate", organization: "Shop", ttl: "8760h", keyType: "ec",
                keyBits: 256),
            urls: .init(
                issuingCertificates: ["https://a.example/ca"], crlDistributionPoints: ["https://a.example/crl"],
                ocspServers: ["https://a.example/ocsp"]),
            roles: [.populated])
    }
}

extension PKIRoleSpec {
    fileprivate static var populated: PKIRoleSpec {
        var role = PKIRoleSpec(name: "web")
        role.allowedDomains = ["svc.cluster.local"]
        role.allowBareDomains = false
        role.allowSubdomains = true
        role.allowGlobDomains = false
        role.allowWildcardCertificates = false
        role.allowAnyName = false
        role.allowLocalhost = false
        role.allowIPSANs = false
        role.allowedURISANs = ["spiffe://example.org/*"]
        role.enforceHostnames = true
        role.requireCN = false
        role.serverFlag = true
        role.clientFlag = true
        role.keyType = "ec"
        role.keyBits = 256
        role.keyUsage = ["DigitalSignature"]
        role.extKeyUsage = ["ServerAuth"]
        role.organization = ["Shop"]
        role.ttl = "168h"
        role.maxTTL = "720h"
        role.noStore = true
        return role
    }
}
