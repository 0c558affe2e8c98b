import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

/// What `lanyard doctor` says of the engines and auth methods that bindings take for granted.
@Suite("Diagnosis of lanyard doctor: what bindings give access to")
struct EngineDiagnosisTests {
    private static func policy() throws -> OperatorPolicy {
        let settings = try PlanningSettings.sample()
        let boundary = IdentityBoundary.sample {
            $0.vault?.secretsMounts = ["legacy"]
            $0.vault?.paths = [
                .init(path: "secret/data/{namespace}/*", capabilities: ["read"]),
                .init(path: "legacy/data/{namespace}/*", capabilities: ["read"]),
                .init(path: "pki/issue/web", capabilities: ["create", "update"]),
            ]
        }
        let binding = VaultRoleBinding.sample {
            $0.access = Access(
                kv: [
                    KVAccess(path: "shop/a", permissions: ["Read"]), KVAccess(path: "shop/b", permissions: ["Read"]),
                    KVAccess(mount: "legacy", path: "shop/*", permissions: ["Read"]),
                ], pki: [PKIAccess(role: "web", operations: ["Issue"])])
        }
        let access = try Admission.binding(
            binding, subject: .serviceAccounts(["web"]), boundary: try .sample([boundary]), settings: settings
        ).get()
        return OperatorPolicy(settings: settings, boundaries: [boundary], admitted: [access])
    }

    private func findings(_ change: (inout AccessSights) -> Void) throws -> [DoctorFinding] {
        var facts = DoctorFacts()
        facts.vault.health = .seen(true)
        facts.vault.policies = .seen(["lanyard-op"])
        facts.vault.mounts = .seen(["auth/kubernetes": "kubernetes", "auth/jwt": "jwt", "database": "database"])
        change(&facts.vault.sights)
        return Diagnosis(
            facts, settings: try .sample(), aliasSelectors: nil, policy: try Self.policy(), login: .init(rolePath: nil)
        ).findings.filter { $0.area == .vault }
    }

    private static let listing: JSONValue = [
        "secret/": ["type": "kv", "options": ["version": "2"]],
        "legacy/": ["type": "kv", "options": ["version": "2"]], "pki/": ["type": "pki"],
    ]

    @Test("each need is looked at once, with what has to be read for it")
    func paths() throws {
        let policy = try Self.policy()
        #expect(policy.needs.map(\.mount) == ["secret", "legacy", "pki"])
        #expect(
            Diagnosis.sightPaths(of: policy) == [
                "sys/mounts", "pki/roles/web", "auth/jwt/config", "auth/kubernetes/config",
            ])
        let questions = Diagnosis.questions(
            policy: policy, policies: [], login: .init(rolePath: nil), mounts: MountNames())
        #expect(Set(questions).isSuperset(of: Diagnosis.sightPaths(of: policy)))
    }

    @Test("where all is there, one line says so; where nothing was seen, none does")
    func fine() throws {
        let seen = try findings { $0.add(Self.listing, at: "sys/mounts") }
        #expect(seen.first { $0.subject == "engines" }?.severity == .ok)
        #expect(try !findings { _ in }.contains { $0.subject.hasPrefix("engine") })
    }

    @Test("an engine of another version, a mount and a role that are not there are each a problem with a remedy")
    func wrong() throws {
        let found = try findings { sights in
            sights.add(["legacy/": ["type": "kv"], "pki/": ["type": "pki"]], at: "sys/mounts")
            sights.add(nil, at: "pki/roles/web")
        }.filter { $0.subject.hasPrefix("engine") }
        #expect(found.map(\.subject) == ["engine secret", "engine legacy", "engine pki"])
        #expect(found.allSatisfy { $0.severity == .problem && $0.remedy != nil })
        #expect(found.last?.message.hasPrefix("there is no PKI role pki/roles/web") == true)
    }

    @Test("an auth method without configuration is a problem where it is used, and a note elsewhere")
    func unconfigured() throws {
        let found = try findings { sights in
            sights.add(nil, at: "auth/jwt/config")
            sights.add(nil, at: "auth/kubernetes/config")
        }
        #expect(found.first { $0.subject == "mount auth/kubernetes" }?.severity == .problem)
        let jwt = try #require(found.first { $0.subject == "mount auth/jwt" })
        #expect(jwt.severity == .problem && jwt.message.contains("no configuration"))
    }
}
