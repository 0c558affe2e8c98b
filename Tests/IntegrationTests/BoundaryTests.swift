import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

extension RealServers {
    @Suite("Boundaries")
    struct BoundaryTests {
        private static let namespace = "tight-a"
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func boundary(_ fill: (inout IdentityBoundarySpec) -> Void = { _ in }) -> IdentityBoundary {
            var spec = IdentityBoundarySpec()
            spec.namespaces = .init(names: [Self.namespace])
            spec.identity = .init()
            spec.identity?.spiffeIDs = ["/ns/{namespace}/sa/{serviceAccount}"]
            spec.vault = .init()
            spec.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
            spec.vault?.maxTokenTTL = "2h"
            spec.vault?.paths = [
                .init(path: "secret/data/{namespace}/*", capabilities: ["read"]),
                .init(path: "secret/metadata/{namespace}/*", capabilities: ["list"]),
            ]
            fill(&spec)
            return IdentityBoundary(metadata: ObjectMeta(name: "tight"), spec: spec)
        }

        private func policies() async throws -> [String] {
            try await bao.policies(withPrefix: "lanyard.production.\(Self.namespace).").sorted()
        }

        private func waitForReasons(
            _ expected: [String: Int], of kind: String, _ cluster: Cluster, within limit: Duration = .seconds(60)
        ) async throws {
            try await eventually("\(kind) are \(expected)", within: limit) {
                let all = try await cluster.conditions(in: Self.namespace).filter { $0.name.hasPrefix(kind) }
                let counts = all.reduce(into: [String: Int]()) { counts, object in
                    counts[object.conditions.condition(ConditionType.ready)?.reason ?? "none", default: 0] += 1
                }
                return counts == expected ? nil : "\(counts)"
            }
        }

        @Test(
            "tightened and loosened under 500 live objects, each change does just what it says",
            .timeLimit(.minutes(10)))
        func fiveHundred() async throws {
            let pairs = 250
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                    try await Tenant.run(in: environment, namespace: Self.namespace, boundary: boundary(), cluster) {
                        tenant in
                        for index in 0..<pairs {
                            try await cluster.apply(Samples.identity("app-\(index)", in: Self.namespace))
                            var binding = Samples.binding("app-\(index)", in: Self.namespace)
                            var token = TokenSettings()
                            // Both, or a boundary that states a cap would be written into the roles that say none.
                            token.ttl = index % 2 == 0 ? "2h" : "1h"
                            token.maxTTL = token.ttl
                            binding.spec.token = token
                            try await cluster.apply(binding)
                        }
                        try await cluster.waitUntilReady(2 * pairs, in: Self.namespace, within: .seconds(120))
                        try await change(under: pairs, cluster)
                    }
                }
            }
        }

        private func change(under pairs: Int, _ cluster: Cluster) async throws {
            let half = pairs / 2
            let all = try await policies()
            #expect(all.count == pairs)
            func writes() async throws -> Int {
                try await bao.audited(pathContaining: "lanyard.production.\(Self.namespace).").count {
                    $0.operation != "read"
                }
            }
            // Retain: conditions, and the one auth role of each that is outside, which gives shorter tokens.
            let before = try await writes()
            try await Tenant.apply(boundary { $0.vault?.maxTokenTTL = "1h" }, cluster)
            try await waitForReasons(["OutsideBoundary": half, "Ready": half], of: "vrb", cluster)
            let lowered = try await writes()
            #expect(lowered == before + half)
            let role = try await bao.read("auth/kubernetes/role/lanyard.production.\(Self.namespace).app-0")
            #expect(role?["token_max_ttl"] == 3600 && role?["token_ttl"] == 3600)
            try await eventually("the boundary says so") {
                let status = try await cluster.api.get(IdentityBoundary.self, boundary().key)?.status
                return status?.resources == 2 * pairs && status?.violating == half ? nil : "\(status?.violating ?? -1)"
            }
            // What cannot be understood changes nothing, and withdraws nothing.
            try await Tenant.apply(
                boundary {
                    $0.onViolation = .withdraw
                    $0.vault?.maxTokenTTL = "1h"
                    $0.vault?.paths = [.init(path: "kv/{nobody}", capabilities: ["read"])]
                }, cluster)
            try await waitForReasons(["OutsideBoundary": pairs], of: "vrb", cluster)
            #expect(try await policies() == all)
            #expect(try await writes() == lowered)
            // Withdraw: exactly those outside go, roles before policies.
            try await Tenant.apply(
                boundary {
                    $0.onViolation = .withdraw
                    $0.vault?.maxTokenTTL = "1h"
                }, cluster)
            try await waitForReasons(["OutsideBoundary": half, "Ready": half], of: "vrb", cluster)
            try await eventually("exactly those outside are gone") {
                try await policies().count == pairs - half ? nil : "not yet"
            }
            #expect(
                try await policies()
                    == all.filter { ($0.split(separator: "-").last.flatMap { Int($0) } ?? 0) % 2 == 1 }.sorted())
            let deletions = try await bao.audited(pathContaining: "lanyard.production.\(Self.namespace).app-0")
                .filter { $0.operation == "delete" }.map(\.path)
            #expect(deletions.first?.hasPrefix("auth/") == true && deletions.last?.hasPrefix("sys/policies/") == true)
            // Loosened, everything is back.
            try await Tenant.apply(boundary { $0.onViolation = .withdraw }, cluster)
            try await waitForReasons(["Ready": pairs], of: "vrb", cluster)
            #expect(try await policies() == all)
        }

        /// The schema of the boundaries' definition, with or without the list of what `onViolation` may be.
        private func define(strict: Bool) async throws {
            let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/onViolation/enum"
            let operation =
                strict
                ? #"{"op":"add","path":"\#(path)","value":["Retain","Withdraw"]}"#
                : #"{"op":"remove","path":"\#(path)"}"#
            try await environment.kubectl(
                "patch", "crd", "identityboundaries.lanyard.dev", "--type=json", "-p", "[\(operation)]")
        }

        @Test("a boundary that the operator cannot decode allows nothing new and withdraws nothing, until it can")
        func undecodable() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                    try await Tenant.run(
                        in: environment, namespace: Self.namespace, boundary: boundary { $0.onViolation = .withdraw },
                        cluster
                    ) { _ in
                        for name in ["app-1", "app-2"] {
                            try await cluster.apply(Samples.identity(name, in: Self.namespace))
                        }
                        try await cluster.apply(Samples.binding("app-1", in: Self.namespace))
                        try await waitForReasons(["Ready": 1], of: "vrb", cluster)
                        let before = try await policies()
                        #expect(before.count == 1)
                        let failure: (any Error)?
                        do {
                            try await define(strict: false)
                            try await makeUndecodable(before, cluster)
                            failure = nil
                        } catch {
                            failure = error
                        }
                        // Repaired even if the test fails: the definition is everybody's.
                        try await repair(cluster)
                        if let failure { throw failure }
                        // It is as it was before, which is no change of the boundary.
                        try await waitForReasons(["Ready": 2], of: "vrb", cluster)
                        #expect(try await policies().count == 2)
                    }
                }
            }
        }

        private func makeUndecodable(_ before: [String], _ cluster: Cluster) async throws {
            let key = boundary().key
            // The server may take a moment to use the new schema.
            try await eventually("the boundary is what no version knows") {
                do {
                    try await environment.kubectl(
                        "patch", "identityboundary", key.name, "--type=merge", "-p",
                        #"{"spec":{"onViolation":"Sometimes"}}"#)
                    return nil
                } catch { return "\(error)" }
            }
            try await waitForReasons(["OutsideBoundary": 1], of: "vrb", cluster, within: .seconds(30))
            try await cluster.apply(Samples.binding("app-2", in: Self.namespace))
            try await waitForReasons(["OutsideBoundary": 2], of: "vrb", cluster, within: .seconds(30))
            let all = try await cluster.conditions(in: Self.namespace)
            let accepted = all.first { $0.name == "vrb/app-1" }?.conditions.condition(ConditionType.accepted)
            #expect(
                accepted?.message.contains("IdentityBoundary tight, which is invalid") == true, "\(accepted as Any)")
            #expect(try await policies() == before)
            try await eventually("the boundary has an event") {
                try await cluster.events(in: "kube-system").contains {
                    $0.reason == "Undecodable" && $0.regarding?.name == key.name
                } ? nil : "not yet"
            }
        }

        private func repair(_ cluster: Cluster) async throws {
            try await environment.kubectl(
                "patch", "identityboundary", boundary().metadata.name, "--type=merge", "-p",
                #"{"spec":{"onViolation":"Withdraw"}}"#)
            try await define(strict: true)
        }

        @Test("OpenBao decides on 2 000 and more paths as the boundary's patterns do", .timeLimit(.minutes(5)))
        func capabilities() async throws {
            let segments = ["a", "b", "+"]
            var patterns: [String] = []
            for first in ["kv/a", "kv/b", "kv/+", "kv/ab"] {
                patterns += [first, "\(first)/*", "\(first)*"].filter { !$0.hasSuffix("+*") }
                for second in segments {
                    patterns += ["\(first)/\(second)", "\(first)/\(second)/*"]
                    if second != "+" { patterns.append("\(first)/\(second)*") }
                }
            }
            let parts = ["a", "ab", "b", "c"]
            let paths =
                parts.map { "kv/\($0)" } + parts.flatMap { first in parts.map { "kv/\(first)/\($0)" } }
                + ["a", "b"].flatMap { second in parts.flatMap { first in parts.map { "kv/\(first)/\(second)/\($0)" } }
                }
                + ["kv/a/b/c/a", "other/a", "kv"]
            var covered: [Set<String>] = []
            var decisions = 0
            for pattern in patterns {
                let policy = PolicyDocument(merging: [LanyardCore.PolicyRule(path: pattern, capabilities: [.read])])
                try await bao.write("sys/policies/acl/it-capabilities", ["policy": .string(policy.hcl(comment: nil))])
                let answer = try await bao.call(
                    "auth/token/create", ["policies": ["it-capabilities"], "no_default_policy": true, "ttl": "5m"])
                let token = answer["auth"]?["client_token"] ?? .null
                let result = try await bao.call(
                    "sys/capabilities", ["token": token, "paths": .array(paths.map { .string($0) })])
                let readable = Set(paths.filter { result["data"]?[$0]?.array?.contains("read") == true })
                decisions += paths.count
                #expect(readable == Set(paths.filter { PathPattern(pattern).matches($0) }), "\(pattern)")
                covered.append(readable)
            }
            #expect(decisions >= 2_000)
            for (allowed, allowedPaths) in zip(patterns, covered) {
                for (asked, askedPaths) in zip(patterns, covered)
                where PathPattern(allowed).contains(PathPattern(asked)) {
                    #expect(askedPaths.isSubset(of: allowedPaths), "\(asked) in \(allowed)")
                }
            }
            try await bao.delete("sys/policies/acl/it-capabilities")
            print("\(decisions) decisions of OpenBao on \(patterns.count) patterns")
        }
    }
}
