import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// What the API server itself refuses, which depends on its version; the operator refuses it in any case.
    @Suite("Refusals of the API server")
    struct RefusalTests {
        private let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        /// The minor version of the server.
        private func minorVersion(_ cluster: Cluster) async throws -> Int {
            let version = try JSONValue(parsing: try await cluster.api.send(APIRequest(.get, "/version")))
            let digits = (version["minor"]?.string ?? "").prefix { $0.isNumber }
            return try #require(Int(digits))
        }

        private func isRefused(_ binding: VaultRoleBinding, _ cluster: Cluster) async throws -> Bool {
            do {
                _ = try await cluster.api.create(binding)
                try await cluster.api.delete(VaultRoleBinding.self, binding.key, uid: nil)
                return false
            } catch let error as KubernetesError where error.code == .invalid || error.code == .forbidden {
                return true
            }
        }

        @Test("since 1.25 the rules of the definitions are enforced at once, and not before")
        func rules() async throws {
            try await Cluster.run(in: environment) { cluster in
                let enforces = try await minorVersion(cluster) >= 25
                try await cluster.withNamespace("refusals") { namespace in
                    var wrong = Samples.binding("wrong", in: namespace)
                    wrong.spec.roleName = "Upper"
                    let isRefused = try await (
                        wrong: isRefused(wrong, cluster),
                        right: isRefused(Samples.binding("right", in: namespace), cluster)
                    )
                    #expect(isRefused.wrong == enforces)
                    #expect(!isRefused.right)
                }
            }
        }

        @Test("since 1.30 the admission policies refuse what is never granted; older servers do not know such a kind")
        func policies() async throws {
            try await Cluster.run(in: environment) { cluster in
                let files = "\(TestEnvironment.repository)/manifests/policies"
                guard try await minorVersion(cluster) >= 30 else {
                    let group = try? JSONValue(
                        parsing: try await cluster.api.send(
                            APIRequest(.get, "/apis/admissionregistration.k8s.io/v1")))
                    let names = (group?["resources"]?.array ?? []).compactMap { $0["name"]?.string }
                    #expect(names.contains("validatingwebhookconfigurations"))
                    #expect(!names.contains("validatingadmissionpolicies"))
                    return
                }
                try await environment.kubectl("apply", "-f", "\(files)/common-violations.yaml")
                try await cluster.withNamespace("refusals") { namespace in
                    var wrong = Samples.binding("wrong", in: namespace)
                    wrong.spec.token = TokenSettings()
                    wrong.spec.token?.extraPolicies = ["root"]
                    try await eventually("the policy is in force") {
                        try await isRefused(wrong, cluster) ? nil : "not yet"
                    }
                    let isRightRefused = try await isRefused(Samples.binding("right", in: namespace), cluster)
                    #expect(!isRightRefused)
                }
                try await environment.kubectl("delete", "-f", "\(files)/common-violations.yaml")
            }
        }
    }
}
