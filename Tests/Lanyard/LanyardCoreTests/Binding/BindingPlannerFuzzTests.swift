import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("BindingPlanner, fuzzed")
struct BindingPlannerFuzzTests {
    @Test("whatever a spec contains, it is planned within the rules or refused with a field")
    func anySpec() throws {
        let settings = try PlanningSettings.sample()
        var text = NastyText(seed: 2)
        var planned = 0
        for round in 0..<5_000 {
            let binding = binding(&text)
            let subject: SubjectResolution? =
                text.happens(0.1) ? nil : .serviceAccounts(binding.spec.serviceAccountNames ?? ["web"])
            switch BindingPlanner.desired(for: binding, subject: subject, settings: settings) {
            case .success(let access):
                planned += 1
                check(access, isKnown: subject != nil, round)
                // What an index finds it by, without planning it.
                #expect(BindingPaths.named(by: binding, settings: settings) == Set(access.claimPaths), "round \(round)")
            case .failure(let violations):
                let fields = violations.violations.map(\.field)
                #expect(fields.allSatisfy { $0.hasPrefix("spec.") || $0.hasPrefix("metadata.") }, "round \(round)")
                #expect(violations.message.utf8.count <= 1_100, "round \(round)")
            }
        }
        // Both ways are taken often.
        #expect((100...4_900).contains(planned))
    }

    private func check(_ access: DesiredAccess, isKnown: Bool, _ round: Int) {
        let paths = access.claimPaths
        let isOwn = { VaultObjectKind(path: $0) != nil || DatabaseUserClaim.isUserPath($0) }
        #expect(paths.allSatisfy(isOwn), "round \(round): \(paths)")
        #expect(access.objectPaths.allSatisfy { VaultObjectKind(path: $0) != nil }, "round \(round): \(paths)")
        #expect(Set(paths).count == paths.count, "round \(round)")
        #expect(access.serviceAccounts.allSatisfy { KubernetesName.isObjectName($0) }, "round \(round)")
        #expect(access.kubernetesRole?.role.namespaces == ["shop"], "round \(round)")
        if let role = access.jwtRole?.role { #expect(!role.audiences.isEmpty, "round \(round)") }
        if isKnown { #expect(access.kubernetesRole?.role.violations == [], "round \(round)") }
        for name in [access.roleName, access.policyName] + access.databaseRoles.map(\.vaultName) {
            #expect(name != "lanyard-operator", "round \(round)")
            #expect(!name.hasPrefix("lanyard.") || name.hasPrefix("lanyard.production.shop."), "round \(round)")
        }
        #expect(!["root", "default", "default-ceiling"].contains(access.policyName), "round \(round)")
        for rule in access.policy.document.rules {
            #expect(VaultPathRule.violation(inPolicyPath: rule.path) == nil, "round \(round)")
            #expect(!rule.capabilities.contains(.sudo), "round \(round)")
        }
        for case .dynamic(let role) in access.databaseRoles.map(\.role) {
            #expect(!role.creation.isEmpty, "round \(round)")
        }
        for case .static(let role) in access.databaseRoles.map(\.role) {
            #expect(VaultName.violation(inDatabaseUser: role.username) == nil, "round \(round)")
        }
    }

    private func binding(_ text: inout NastyText) -> VaultRoleBinding {
        .sample(name: text.happens(0.05) ? text.text() : "web") { spec in
            if text.happens(0.2) { spec.serviceAccountNames = text.happens(0.5) ? text.list() : nil }
            if text.happens(0.1) { spec.workloadIdentityRef = .init(name: text.text()) }
            spec.roleName = text.optional(0.1)
            spec.policyName = text.optional(0.1)
            if text.happens(0.1) {
                spec.kubernetesAuth = .init(
                    mount: text.optional(), audience: text.optional(), aliasNameSource: text.optional(0.2))
            }
            if text.happens(0.1) { spec.jwtAuth = .init(mount: text.optional(), audiences: text.list()) }
            if text.happens(0.1) { spec.token = token(&text) }
            if text.happens(0.3) { spec.access = access(&text) }
            if text.happens(0.4) {
                spec.databaseRoles = (0..<Int.random(in: 0...3, using: &text)).map { databaseRole($0, &text) }
            }
        }
    }

    private func token(_ text: inout NastyText) -> TokenSettings {
        var token = TokenSettings()
        token.ttl = text.optional()
        token.maxTTL = text.optional()
        token.period = text.optional(0.1)
        token.numUses = text.happens(0.3) ? Int.random(in: Int.min...Int.max, using: &text) : nil
        token.type = text.optional(0.2)
        if text.happens(0.2) { token.boundCIDRs = text.list() }
        if text.happens(0.1) { token.extraPolicies = text.list() }
        return token
    }

    private func access(_ text: inout NastyText) -> Access {
        let permissions = text.happens(0.7) ? ["Read"] : text.list()
        var rule = AccessRule(path: text.text(), capabilities: text.happens(0.7) ? ["read"] : text.list())
        if text.happens(0.2) { rule.allowedParameters = [text.text(): text.list()] }
        rule.minWrappingTTL = text.optional(0.1)
        return Access(
            kv: text.happens(0.5)
                ? [KVAccess(mount: text.optional(0.2), path: text.text(), permissions: permissions, version: nil)]
                : nil,
            pki: text.happens(0.1) ? [PKIAccess(role: text.text(), operations: text.list())] : nil,
            transit: text.happens(0.1) ? [TransitAccess(key: text.text(), operations: text.list())] : nil,
            rules: text.happens(0.2) ? [rule] : nil)
    }

    private func databaseRole(_ index: Int, _ text: inout NastyText) -> DatabaseRole {
        .sample("role\(index)") { role in
            if text.happens(0.1) { role.name = text.text() }
            role.vaultName = text.optional(0.1)
            role.mount = text.optional(0.1)
            if text.happens(0.1) { role.connection = text.optional() }
            if text.happens(0.1) { role.statements = .init(creation: text.list(), rollback: text.list()) }
            role.defaultTTL = text.optional(0.1)
            role.maxTTL = text.optional(0.1)
            role.credentialType = text.optional(0.05)
            if text.happens(0.1) {
                role.statements = nil
                role.static = .init(
                    username: text.happens(0.5) ? "app" : text.text(),
                    rotationPeriod: text.happens(0.5) ? "1h" : text.optional(), rotationStatements: text.list())
            }
            if text.happens(0.05) {
                role.statements = nil
                role.template = text.text()
            }
        }
    }
}
