import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("MountPlanner, fuzzed")
struct MountPlannerFuzzTests {
    @Test("whatever a spec contains, it is planned within the rules or refused with a field")
    func anySpec() throws {
        var text = NastyText(seed: 11)
        var planned = 0
        for round in 0..<5_000 {
            let mount = mount(&text)
            switch MountPlanner.desired(for: mount, held: []) {
            case .success(let desired):
                planned += 1
                check(desired, round)
            case .failure(let violations):
                let fields = violations.violations.map(\.field)
                #expect(fields.allSatisfy { $0.hasPrefix("spec.") || $0.hasPrefix("metadata.") }, "round \(round)")
                #expect(violations.message.utf8.count <= 1_100, "round \(round)")
            }
        }
        // Both ways are taken often.
        #expect((100...4_900).contains(planned))
    }

    private func check(_ desired: DesiredMount, _ round: Int) {
        let location = desired.location
        #expect(MountLocation(claimPath: location.claimPath) == location, "round \(round)")
        let paths = desired.claimPaths
        #expect(Set(paths).count == paths.count, "round \(round): \(paths)")
        for path in paths.dropFirst() + desired.readPaths {
            #expect(path.hasPrefix("\(location.mountPath)/"), "round \(round): \(path)")
            let segments = path.split(separator: "/", omittingEmptySubsequences: false)
            #expect(!segments.contains { ["", ".", ".."].contains($0) }, "round \(round): \(path)")
            #expect(path.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "round \(round): \(path)")
        }
        for key in desired.secretKeys {
            #expect(KubernetesName.isObjectName(key.secret) && !key.key.contains("/"), "round \(round)")
        }
        for object in desired.objects {
            // What was written is what is wanted, whatever it is.
            if case .connection = object.object { continue }
            #expect(object.object.differences(from: object.object.body) == [], "round \(round): \(object)")
        }
    }

    private func mount(_ text: inout NastyText) -> VaultMount {
        let type = VaultMountType.allCases.randomElement(using: &text) ?? .kv
        return .sample(type, name: text.happens(0.05) ? text.text() : "web") { spec in
            spec.path = text.optional(0.2)
            spec.description = text.optional(0.1)
            if text.happens(0.1) {
                spec.tune = MountTuning(
                    defaultLeaseTTL: text.optional(), maxLeaseTTL: text.optional(),
                    listingVisibility: text.optional(0.1))
            }
            if text.happens(0.05) { spec.kv = KVMount(version: Int.random(in: Int.min...Int.max, using: &text)) }
            if text.happens(0.2) {
                spec.kubernetes?.host = text.text()
                spec.kubernetes?.caCertificate = text.optional()
                spec.kubernetes?.reviewerTokenSecretRef = .init(name: text.text(), key: text.optional())
            }
            if text.happens(0.3) { spec.jwt?.boundIssuer = text.optional() }
            if text.happens(0.2) {
                spec.jwt?.trust = nil
                spec.jwt?.jwksURL = text.happens(0.5) ? "https://a/\(text.text())" : text.text()
            }
            if text.happens(0.3) { spec.database?.connections?.append(connection(&text)) }
            if text.happens(0.1) { spec.pki?.root = .init(commonName: text.text(), ttl: text.optional()) }
            if text.happens(0.1) {
                spec.pki?.root = nil
                spec.pki?.intermediate = .init(signedBy: text.text(), commonName: text.text())
            }
            if text.happens(0.1) { spec.pki?.urls = .init(issuingCertificates: text.list()) }
            if text.happens(0.3) { spec.pki?.roles?.append(role(&text)) }
        }
    }

    private func connection(_ text: inout NastyText) -> DatabaseMount.Connection {
        var connection = DatabaseMount.Connection(
            name: text.text(), connectionURL: "{{username}}:{{password}}@\(text.text())",
            credentialsSecretRef: .init(name: text.happens(0.5) ? "db" : text.text(), usernameKey: text.optional(0.1)))
        connection.plugin = text.optional(0.2)
        if text.happens(0.3) { connection.allowedRoles = text.list() }
        if text.happens(0.1) { connection.rootRotationStatements = text.list() }
        connection.usernameTemplate = text.optional(0.1)
        connection.maxOpenConnections = text.happens(0.1) ? Int.random(in: Int.min...Int.max, using: &text) : nil
        connection.maxConnectionLifetime = text.optional(0.1)
        return connection
    }

    private func role(_ text: inout NastyText) -> PKIRoleSpec {
        var role = PKIRoleSpec(name: text.text())
        if text.happens(0.3) { role.allowedDomains = text.list() }
        if text.happens(0.2) { role.allowedURISANs = text.list() }
        if text.happens(0.1) { role.keyUsage = text.list() }
        role.keyType = text.optional(0.1)
        role.keyBits = text.happens(0.1) ? Int.random(in: Int.min...Int.max, using: &text) : nil
        role.ttl = text.optional(0.2)
        role.maxTTL = text.optional(0.2)
        return role
    }
}
