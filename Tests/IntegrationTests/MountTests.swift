import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Subprocess
import Testing

extension RealServers {
    /// The operator has no more rights in Vault than `lanyard vault-policy` prints for these mounts.
    @Suite("VaultMounts")
    struct MountTests {
        private static let prefix = Mounts.prefix
        private static let connection = "\(Mounts.prefix)database/config/main"
        private let environment: TestEnvironment
        private let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        /// Runs with the right to keep the VaultMounts of `Mounts`, and takes away what was made.
        private func withMounts(_ body: (Mounts, [VaultMount]) async throws -> Void) async throws {
            try await Cluster.run(in: environment) { cluster in
                let mounts = Mounts(
                    environment: environment, acts: MountActs(environment: environment, cluster: cluster))
                let all = try mounts.all()
                try await mounts.clear()
                let result: Result<Void, any Error>
                do {
                    result = .success(try await mounts.allowed(all) { try await body(mounts, all) })
                } catch {
                    result = .failure(error)
                }
                try await mounts.clear()
                try result.get()
            }
        }

        private func writes(_ path: String) async throws -> Int {
            try await bao.audited(pathContaining: path).count { $0.operation != "read" }
        }

        @Test("mounts of every type are made as declared, kept through changes by hand, and written only when need be")
        func kept() async throws {
            try await withMounts { mounts, all in
                let start = try await writes(Self.connection)
                try await OperatorProcess.run(in: environment, resyncInterval: "1s") { _, _ in
                    try await mounts.create(all)
                    try await mounts.waitUntilReady(all)
                    let list = try #require(try await bao.read("sys/mounts"))
                    let secret = list["\(Self.prefix)secret/"]
                    #expect(secret?["options"]?["version"] == "2")
                    #expect(secret?["config"]?["default_lease_ttl"] == .integer(3600))
                    #expect(secret?["config"]?["listing_visibility"] == "hidden")
                    #expect(secret?["config"]?["audit_non_hmac_response_keys"] == ["keys"])
                    #expect(list["\(Self.prefix)pki/"]?["config"]?["max_lease_ttl"] == .integer(87_600 * 3600))
                    // Certificates are issued by the intermediate and by the role.
                    let issued = try await bao.call(
                        "\(Self.prefix)pki/issue/neural-hive-services", ["common_name": "web.svc.cluster.local"])
                    #expect(issued["data"]?["certificate"]?.string?.isEmpty == false)
                    let chain = try await bao.read("\(Self.prefix)services/issuer/default")?["ca_chain"]?.array
                    #expect(chain?.count == 2)
                    try await checkSilence(since: start)
                    try await checkDrift()
                    try await checkMissingSecret(mounts)
                    try await checkForeign(mounts)
                    try await checkDeletion(mounts)
                }
            }
        }

        /// Several resyncs of what is right write nothing.
        private func checkSilence(since start: Int) async throws {
            let before = try await writes(Self.prefix)
            let reads = try await bao.audited(pathContaining: Self.connection).count
            try await eventually("the mounts are verified again") {
                let now = try await bao.audited(pathContaining: Self.connection).count
                return now >= reads + 3 ? nil : "\(now - reads) reads"
            }
            let (all, ofConnection) = (try await writes(Self.prefix), try await writes(Self.connection))
            #expect(all == before)
            #expect(ofConnection == start + 1)
        }

        private func checkDrift() async throws {
            try await bao.write("sys/mounts/\(Self.prefix)pki/tune", ["max_lease_ttl": "1h"])
            // What audit logs show in clear is nobody's to add to.
            try await bao.write(
                "sys/mounts/\(Self.prefix)secret/tune",
                ["audit_non_hmac_request_keys": ["version", "note", "password"]])
            try await bao.write("\(Self.prefix)pki/roles/neural-hive-services", ["allow_any_name": true])
            try await bao.write(
                "\(Self.prefix)database/config/main", ["allowed_roles": ["*"], "verify_connection": false])
            try await bao.write(
                "auth/\(Self.prefix)kubernetes/config",
                ["kubernetes_host": "https://elsewhere", "kubernetes_ca_cert": "x", "disable_local_ca_jwt": true])
            try await eventually("everything is put back") {
                let list = try await bao.read("sys/mounts")
                let tuned = list?["\(Self.prefix)pki/"]?["config"]?["max_lease_ttl"]
                let shown = list?["\(Self.prefix)secret/"]?["config"]?["audit_non_hmac_request_keys"]?.array ?? []
                let role = try await bao.read("\(Self.prefix)pki/roles/neural-hive-services")?["allow_any_name"]
                let roles = try await bao.read("\(Self.prefix)database/config/main")?["allowed_roles"]
                let config = try await bao.read("auth/\(Self.prefix)kubernetes/config")
                let host = try environment.variable("KUBE_APISERVER_URL")
                let wrong = [
                    tuned == .integer(87_600 * 3600) ? nil : "tune",
                    Set(shown.compactMap(\.string)) == ["version", "note"] ? nil : "audit",
                    role == false ? nil : "role",
                    roles == ["it-*"] ? nil : "connection",
                    config?["kubernetes_host"]?.string == host && config?["token_reviewer_jwt_set"] == true
                        ? nil : "auth",
                ].compactMap { $0 }
                return wrong.isEmpty ? nil : wrong.joined(separator: ", ")
            }
        }

        private func checkMissingSecret(_ mounts: Mounts) async throws {
            let name = "\(Self.prefix)database"
            try await mounts.acts.delete(secret: name)
            try await mounts.wait(for: "SecretMissing", "ConfigurationSynced", of: name)
            try await mounts.acts.store(secret: name, ["username": Mounts.databaseUser, "password": "first"])
            try await mounts.wait(for: "Synced", "ConfigurationSynced", of: name)
        }

        private func checkForeign(_ mounts: Mounts) async throws {
            let name = "\(Self.prefix)secret"
            try await bao.delete("sys/mounts/\(name)")
            try await bao.write("sys/mounts/\(name)", ["type": "transit", "description": "theirs"])
            try await mounts.wait(for: "Conflict", "MountSynced", of: name)
            #expect(try await bao.read("sys/mounts")?["\(name)/"]?["description"] == "theirs")
            try await bao.delete("sys/mounts/\(name)")
            try await mounts.wait(for: "Synced", "MountSynced", of: name)
        }

        /// Orphan leaves everything; Delete takes a mount that was made with it, and of one that was found only the roles.
        private func checkDeletion(_ mounts: Mounts) async throws {
            let api = mounts.acts.cluster.api
            func delete(_ name: String) async throws {
                let key = ObjectKey(namespace: nil, name: Self.prefix + name)
                try await api.delete(VaultMount.self, key, uid: nil)
                try await eventually("\(key.name) is gone") {
                    try await api.get(VaultMount.self, key) == nil ? nil : "it is not"
                }
            }
            try await delete("pki")
            #expect(try await bao.read("\(Self.prefix)pki/roles/neural-hive-services") != nil)
            // It is found again, and is nobody's to disable.
            let again = try #require(try mounts.all().first { $0.metadata.name == "\(Self.prefix)pki" })
            _ = try await api.create(again)
            try await mounts.waitUntilReady([again])
            try await bao.write("\(Self.prefix)pki/roles/theirs", ["allow_any_name": true])
            try await mounts.edit("\(Self.prefix)pki", ["deletionPolicy": "Delete"])
            try await mounts.waitUntilReady([again])
            try await delete("pki")
            #expect(try await bao.read("\(Self.prefix)pki/roles/neural-hive-services") == nil)
            #expect(try await bao.read("\(Self.prefix)pki/roles/theirs") != nil)
        }

        @Test("a new password in a Secret is written once, and SPIRE's new JWT key reaches OpenBao, within a minute")
        func sources() async throws {
            try await withMounts { mounts, all in
                let start = try await writes(Self.connection)
                try await OperatorProcess.run(in: environment, resyncInterval: "30m") { _, _ in
                    try await mounts.create(all)
                    try await mounts.waitUntilReady(all)
                    let made = try await writes(Self.connection)
                    #expect(made == start + 1)
                    try await mounts.setPassword("second")
                    try await mounts.acts.store(
                        secret: "\(Self.prefix)database",
                        ["username": Mounts.databaseUser, "password": "second"])
                    let before = try await keys()
                    try await environment.rotateJWTKey()
                    try await eventually("the password is written", within: .seconds(60)) {
                        let count = try await writes(Self.connection)
                        return count == start + 2 ? nil : "\(count - start) writes"
                    }
                    try await eventually("the new key is there beside the old one", within: .seconds(60)) {
                        let now = try await keys()
                        return now.count == before.count + 1 && now.isSuperset(of: before) ? nil : "\(now.count)"
                    }
                    // Vault rotates the password itself; nothing that happens afterwards brings the old one back.
                    _ = try await bao.call("\(Self.prefix)database/rotate-root/main", [:])
                    try await mounts.edit("\(Self.prefix)database", ["description": "changed"])
                    try await mounts.waitUntilReady(all)
                    let afterRotation = try await writes(Self.connection)
                    #expect(afterRotation == start + 2)
                    // Neither log nor ledger has it.
                    let records = try await mounts.acts.cluster.api.list(
                        OwnershipRecord.self, namespace: "lanyard-system")
                    #expect(!"\(records)".contains("second"))
                }
            }
        }

        private func keys() async throws -> Set<String> {
            let config = try await bao.read("auth/\(Self.prefix)jwt/config")
            return Set((config?["jwt_validation_pubkeys"]?.array ?? []).compactMap(\.string))
        }

        @Test("an operator that is killed while it makes mounts goes on after a restart, and makes no second authority")
        func killed() async throws {
            try await withMounts { mounts, all in
                // Killed when the first request of each of these kinds was seen.
                let moments = ["pki/root/generate", "services/intermediate/generate", "pki/root/sign-intermediate"]
                var before: [Int] = []
                for moment in moments {
                    before.append(try await bao.audited(pathContaining: Self.prefix + moment).count)
                }
                for (moment, count) in zip(moments, before) {
                    try await OperatorProcess.run(in: environment) { _, kill in
                        if moment == moments.first { try await mounts.create(all) }
                        try await eventually("the operator is at \(moment)") {
                            try await bao.audited(pathContaining: Self.prefix + moment).count > count ? nil : "not yet"
                        }
                        try kill()
                    }
                }
                try await OperatorProcess.run(in: environment) { _, _ in
                    try await mounts.waitUntilReady(all)
                    let roots = try await bao.list("\(Self.prefix)pki/issuers")
                    #expect(roots.count == 1)
                    // The intermediate's and its signer's.
                    let issuers = try await bao.list("\(Self.prefix)services/issuers")
                    #expect(issuers.count == 2)
                    let keys = try await bao.list("\(Self.prefix)services/keys")
                    #expect(keys.count == 1)
                }
            }
        }
    }
}

extension TestEnvironment {
    /// Lets the SPIRE server sign JWT-SVIDs with a new key.
    func rotateJWTKey() async throws {
        let program = Self.binary("spire-emulator")
        let result = try await Subprocess.run(
            .name("sh"),
            arguments: Arguments(["-c", "exec \"$@\"", "sh", program, "rotate", "--socket", spireSocket, "jwt"]),
            output: .string(limit: 65_536), error: .string(limit: 65_536))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
    }
}
