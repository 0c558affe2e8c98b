import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("MountStatusMaker")
struct MountStatusMakerTests {
    private static let now = "2026-01-02T00:00:00Z"

    private static func status(
        of mount: VaultMount, _ synced: ConditionOutcome = .holds(.synced, "the mount is as declared"),
        configuration: ConditionOutcome? = .holds(.synced, "as declared"), accessor: String? = "pki_1"
    ) throws -> VaultMountStatus {
        let desired = try MountPlanner.desired(for: mount, held: []).get()
        return MountStatusMaker.status(
            of: mount,
            outcome: .accepted(mount: desired, accessor: accessor, synced: synced, configuration: configuration),
            now: now)
    }

    @Test("says where the mount is, its accessor, and what is kept below it")
    func accepted() throws {
        var mount = VaultMount.sample(.pki)
        mount.metadata.generation = 3
        let status = try Self.status(of: mount)
        #expect(status.path == "web" && status.accessor == "pki_1" && status.observedGeneration == 3)
        #expect(status.objects == ["web/config/issuers", "web/config/urls", "web/roles/neural-hive-services"])
        #expect(
            status.conditions?.map { "\($0.type)=\($0.status.rawValue)" } == [
                "Ready=True", "Accepted=True", "MountSynced=True", "ConfigurationSynced=True",
            ])
        let auth = try Self.status(of: .sample(.jwt))
        #expect(auth.path == "auth/web")
    }

    @Test("the configuration is spoken of only where there is some")
    func bare() throws {
        var mount = VaultMount.sample(.kv)
        mount.status = try Self.status(of: mount)
        let status = try Self.status(of: mount, configuration: nil)
        #expect(status.objects == nil)
        #expect(status.conditions?.condition(ConditionType.configurationSynced) == nil)
        #expect(status.conditions?.condition(ConditionType.ready)?.status == .yes)
    }

    @Test("the first trouble is what Ready says, and the accessor stays while nothing is known of the mount")
    func trouble() throws {
        var mount = VaultMount.sample(.pki)
        mount.status = try Self.status(of: mount)
        let sealed = ConditionOutcome.fails(.vaultSealed, "sealed")
        let away = try Self.status(of: mount, sealed, configuration: sealed, accessor: nil)
        #expect(away.accessor == "pki_1")
        #expect(away.conditions?.condition(ConditionType.ready)?.reason == "VaultSealed")
        #expect(away.conditions?.condition(ConditionType.reconciling) != nil)
        let missing = try Self.status(of: mount, configuration: .fails(.secretMissing, "no Secret"))
        #expect(missing.conditions?.condition(ConditionType.ready)?.reason == "SecretMissing")
        #expect(missing.conditions?.condition(ConditionType.stalled) != nil)
    }

    @Test("a refusal, a pause and a failed deletion leave what was found out before")
    func others() throws {
        var mount = VaultMount.sample(.pki)
        mount.status = try Self.status(of: mount)
        func conditions(_ outcome: MountOutcome) -> [Condition] {
            let status = MountStatusMaker.status(of: mount, outcome: outcome, now: Self.now)
            #expect(status.path == "web" && status.accessor == "pki_1")
            return status.conditions ?? []
        }
        let refused = conditions(.refused(reason: .invalidSpec, message: "spec.path: must"))
        #expect(refused.condition(ConditionType.accepted)?.status == .no)
        #expect(refused.condition(ConditionType.mountSynced)?.status == .yes)
        let paused = mount.pausedStatus(now: Self.now)
        #expect(paused.path == "web" && paused.accessor == "pki_1")
        #expect(paused.conditions?.condition(ConditionType.ready)?.reason == "Paused")
        let failed = conditions(.cleanupFailed(.fails(.vaultUnavailable, "away")))
        #expect(failed.condition(ConditionType.mountSynced)?.reason == "VaultUnavailable")
    }
}
