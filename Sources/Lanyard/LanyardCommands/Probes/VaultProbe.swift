import KubernetesModel
import LanyardCore
import VaultClient

/// Looks at Vault with the operator's own login.
struct VaultProbe: Sendable {
    let vault: VaultConnection
    let policy: OperatorPolicy
    let login: Diagnosis.Login
    let mounts: MountNames

    /// Looks at server, token, policies, mounts and connections.
    func facts() async -> DoctorFacts.Vault {
        var facts = DoctorFacts.Vault()
        facts.health = await observe { () throws(VaultError) in
            try await vault.checkHealth()
            return true
        }
        guard facts.health.value != nil else { return facts }
        facts.policies = await policies()
        guard case .seen(let policies) = facts.policies else { return facts }
        facts.capabilities = await capabilities(policies: policies)
        for name in policies where name != "root" && name != "default" {
            facts.policyTexts[name] = await observe { () throws(VaultError) in
                guard let text = try await vault.read("sys/policies/acl/\(name)")?["policy"]?.string else {
                    throw VaultError(.rejected, "there is no such policy")
                }
                return text
            }
        }
        facts.mounts = await observe { () throws(VaultError) in
            Self.mounted(in: try await vault.read("sys/internal/ui/mounts"))
        }
        for path in Diagnosis.listingPaths(of: policy, mounted: facts.mounts.value) {
            facts.listings[path] = await observe { () throws(VaultError) in try await vault.names(below: path) }
        }
        for path in Diagnosis.sightPaths(of: policy) {
            let allowed = facts.capabilities.value?[path].map(Set.init)
            guard AccessSights.allows("read", allowed) else { continue }
            // What cannot be read is not seen, and nothing is said of it.
            if case .success(let data) = await Result.of({ () throws(VaultError) in try await vault.read(path) }) {
                facts.sights.add(data, at: path)
            }
        }
        for path in policy.connectionPaths {
            facts.connections[path] = await observe { () throws(VaultError) in try await vault.read(path) != nil }
        }
        return facts
    }

    /// The first request logs in; what it answers is of no interest if the token may not look at itself.
    private func policies() async -> Observation<[String]> {
        await observe { () throws(VaultError) in
            do throws(VaultError) {
                let token = try await vault.read("auth/token/lookup-self")
                let names = (token?["policies"]?.array ?? []).compactMap(\.string)
                return Set(names).union(vault.ownPolicies).sorted()
            } catch {
                guard error.code == .permissionDenied, !vault.ownPolicies.isEmpty else { throw error }
                return vault.ownPolicies.sorted()
            }
        }
    }

    private func capabilities(policies: [String]) async -> Observation<[String: [String]]> {
        let paths = Diagnosis.questions(policy: policy, policies: policies, login: login, mounts: mounts)
        return await observe { () throws(VaultError) in
            let answer = try await vault.submit(
                "sys/capabilities-self", ["paths": .array(paths.map(JSONValue.string))])
            return paths.reduce(into: [:]) { capabilities, path in
                capabilities[path] = (answer?[path]?.array ?? []).compactMap(\.string)
            }
        }
    }

    /// `auth/kubernetes` → `kubernetes`, as far as the token may see mounts.
    private static func mounted(in answer: JSONValue?) -> [String: String] {
        var mounted: [String: String] = [:]
        for (section, prefix) in [("auth", "auth/"), ("secret", "")] {
            for (path, mount) in answer?[section]?.object ?? [:] {
                mounted[prefix + (path.hasSuffix("/") ? String(path.dropLast()) : path)] = mount["type"]?.string
            }
        }
        return mounted
    }

    private func observe<Value: Equatable & Sendable>(
        _ look: () async throws(VaultError) -> Value
    ) async -> Observation<Value> {
        do throws(VaultError) {
            return .seen(try await look())
        } catch {
            return .failed(error.message)
        }
    }
}
